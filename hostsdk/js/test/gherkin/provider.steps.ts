import assert from 'node:assert/strict'
import { After, Given, Then, When, type DataTable } from '@cucumber/cucumber'
import { OpenFeature, type Client, type EvaluationContext, type EvaluationDetails, type FlagValue, type Hook, type JsonValue } from '@openfeature/server-sdk'
import { GonfalonProvider } from '../../src/openfeature-server.ts'
import { Gonfalon, RefusedError, type Source } from '../support/sdk.ts'
import { quick } from '../support/wait.ts'
import { snapshot } from './fixture.ts'

/** What one scenario works on. */
class World {
  client!: Client
  flags!: Gonfalon
  kind = ''
  key = ''
  fallback: FlagValue = false
  context: EvaluationContext = {}
  hooks: Recorder[] = []
  details!: EvaluationDetails<FlagValue>
  readonly order: string[] = []

  evaluate(): Promise<EvaluationDetails<FlagValue>> {
    const { client, key, context } = this
    const options = { hooks: this.hooks.filter(({ name }) => name !== 'client') }
    switch (typeof this.fallback) {
      case 'boolean':
        return client.getBooleanDetails(key, this.fallback, context, options)
      case 'string':
        return client.getStringDetails(key, this.fallback, context, options)
      case 'number':
        return client.getNumberDetails(key, this.fallback, context, options)
      default:
        return client.getObjectDetails(key, this.fallback as JsonValue, context, options) as Promise<EvaluationDetails<FlagValue>>
    }
  }
}

/** A hook that writes down when it was called, and with what. */
class Recorder implements Hook {
  readonly called = new Map<string, EvaluationDetails<FlagValue> | undefined>()

  constructor(
    readonly name: string,
    private readonly order: string[],
  ) {}

  before = (): void => this.note('before')
  after = (_: unknown, details: EvaluationDetails<FlagValue>): void => this.note('after', details)
  error = (): void => this.note('error')
  finally = (_: unknown, details: EvaluationDetails<FlagValue>): void => this.note('finally', details)

  private note(stage: string, details?: EvaluationDetails<FlagValue>): void {
    this.called.set(stage, details)
    this.order.push(`${this.name} ${stage}`)
  }
}

let world: World

/** A source that says nothing until it is stopped, and one that knows no such token. */
const silent: Source = { run: (_, signal) => new Promise((__, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))) }
const refusing: Source = { run: () => Promise.reject(new RefusedError(401, 'no such token')) }

function parse(kind: string, text: string): FlagValue {
  switch (kind.toLowerCase()) {
    case 'boolean':
      return text === 'true'
    case 'integer':
    case 'float':
      return Number(text)
    case 'object':
      return JSON.parse(text.replaceAll('\\"', '"')) as FlagValue
  }
  return text
}

Given(/^an? (stable|not ready|error|fatal|stale) provider$/, async (status: string) => {
  await world?.flags.close()
  world = new World()
  world.flags = await Gonfalon.connect({
    ...quick,
    readyWithin: 20,
    ...(status === 'stable' && { bootstrap: snapshot }),
    ...(status === 'stale' && { bootstrap: snapshot, source: silent }),
    ...((status === 'not ready' || status === 'error') && { source: silent }),
    ...(status === 'fatal' && { source: refusing }),
  })
  const domain = `scenario ${String(Math.random())}`
  const provider = new GonfalonProvider(world.flags)
  if (status === 'not ready') {
    // It never ends, so that nothing is said about readiness.
    provider.initialize = () => new Promise(() => {})
    OpenFeature.setProvider(domain, provider)
  } else await OpenFeature.setProviderAndWait(domain, provider).catch((error: unknown) => assert.ok(['error', 'fatal'].includes(status), error as Error))
  world.client = OpenFeature.getClient(domain)
  while (status === 'stale' && world.client.providerStatus !== 'STALE') await new Promise((resolve) => setImmediate(resolve))
})

After(async () => {
  await world.flags.close()
})

Given(/^an? (\w+)-flag with key "([^"]*)" and a (?:default|fallback) value "(.*)"$/, (kind: string, key: string, fallback: string) => {
  world.kind = kind
  world.key = key
  world.fallback = parse(kind, fallback)
})
Given(/^a context containing a key "([^"]*)", with type "([^"]*)" and with value "(.*)"$/, (key: string, kind: string, text: string) => {
  world.context = { ...world.context, [key]: parse(kind, text) as string }
})
Given(/^a context containing a key "([^"]*)" with null value$/, (key: string) => {
  world.context = { ...world.context, [key]: null }
})
Given('an evaluation context with modifiable data', () => {
  world.context = { list: ['a', { b: 1 }] }
})
Given('evaluation options containing specific hooks', () => {
  world.hooks = ['first', 'second'].map((name) => new Recorder(name, world.order))
})
Given('a client with added hook', () => {
  world.hooks = [new Recorder('client', world.order)]
  world.client.addHooks(...world.hooks)
})

When(/^the flag was evaluated with details(?: using the evaluation options)?$/, async () => {
  world.details = await world.evaluate()
})
When('the flag was evaluated with details asynchronously', async () => {
  let blocked = true
  const evaluation = world.evaluate()
  blocked = false
  world.details = await evaluation
  assert.equal(blocked, false)
})

Then(/^the resolved details value should be "(.*)"$/, (text: string) => assert.deepEqual(world.details.value, parse(world.kind, text)))
Then(/^the flag key should be "(.*)"$/, (key: string) => assert.equal(world.details.flagKey, key))
Then(/^the variant should be "([^"]*)"$/, (variant: string) => assert.equal(world.details.variant, variant))
Then(/^the reason should be "(.*)"$/, (reason: string) => assert.equal(world.details.reason, reason))
Then(/^the error-code should be "(.*)"$/, (code: string) => assert.equal(world.details.errorCode, code))
Then(/^the error message should contain "(.*)"$/, (part: string) => assert.ok(world.details.errorMessage?.includes(part), world.details.errorMessage))
Then(/^the provider status should be "(.*)"$/, (status: string) => assert.equal(world.client.providerStatus, status))
Then('the resolved metadata should contain', (table: DataTable) => {
  for (const { key, metadata_type, value } of table.hashes()) assert.equal(world.details.flagMetadata[key!], parse(metadata_type!, value!))
})
Then('the specified hooks should execute during evaluation', () => {
  for (const stage of ['before', 'after', 'finally']) executed(stage)
})
Then('the hook order should be maintained', () => {
  assert.deepEqual(world.order, ['first before', 'second before', 'second after', 'first after', 'second finally', 'first finally'])
})
Then('the original evaluation context should remain unmodified', () => assert.deepEqual(world.context, { list: ['a', { b: 1 }] }))
Then('the evaluation details should be immutable', () => {
  assert.throws(() => Object.assign(world.details.flagMetadata, { enabled: 'changed' }), TypeError)
})
Then('the evaluation should complete without blocking', () => assert.equal(world.details.flagKey, world.key))
Then('the result should be equivalent to synchronous evaluation', async () => assert.deepEqual(world.details, await world.evaluate()))
Then(/^the "(.*)" hook should have been executed$/, executed)
Then(/^the "(.*)" hooks should be called with evaluation details$/, (stages: string, table: DataTable) => {
  for (const stage of stages.split(', ')) {
    const details = world.hooks[0]!.called.get(stage)!
    const got: Record<string, unknown> = {
      flag_key: details.flagKey,
      value: details.value,
      variant: details.variant,
      reason: details.reason,
      error_code: details.errorCode,
    }
    for (const { data_type, key, value } of table.hashes()) assert.equal(got[key!], value === 'null' ? undefined : parse(data_type!, value!), `${stage} ${key}`)
  }
})

function executed(stage: string): void {
  for (const hook of world.hooks) assert.ok(hook.called.has(stage), `${stage} of ${hook.name}`)
}
