import assert from 'node:assert/strict'
import { afterEach, before, test, type TestContext } from 'node:test'
import { OpenFeature, ServerProviderEvents, type EvaluationContext, type Hook } from '@openfeature/server-sdk'
import { ClientProviderEvents, OpenFeature as WebOpenFeature } from '@openfeature/web-sdk'
import { GonfalonProvider } from '../src/openfeature-server.ts'
import { GonfalonWebProvider } from '../src/openfeature-web.ts'
import { document } from './support/flags.ts'
import { Fake, message } from './support/fake.ts'
import { Plane } from './support/plane.ts'
import { Gonfalon } from './support/sdk.ts'
import { boolean, compile, delta } from './support/snapshots.ts'
import { quick } from './support/wait.ts'

let snapshot: Uint8Array
before(() => {
  snapshot = compile(document)
})
afterEach(async () => {
  await OpenFeature.close()
  await WebOpenFeature.close()
  OpenFeature.clearHooks()
  OpenFeature.clearHandlers()
})

async function client(t: TestContext) {
  const flags = await Gonfalon.connect({ ...quick, bootstrap: snapshot, clock: () => Date.parse('2026-11-22T10:00:00Z') })
  t.after(() => flags.close())
  await OpenFeature.setProviderAndWait(new GonfalonProvider(flags))
  return OpenFeature.getClient()
}

test('values of every type, with reason, variant and metadata', async (t) => {
  const openfeature = await client(t)
  const context = { targetingKey: 'user:7', groups: ['staff'], plan: 'pro', age: 20 }
  const on = await openfeature.getBooleanDetails('for_group', false, context)
  assert.deepEqual({ ...on, flagMetadata: { ...on.flagMetadata } }, {
    flagKey: 'for_group',
    value: true,
    reason: 'TARGETING_MATCH',
    variant: 'on',
    flagMetadata: { enabled: true, gate: 'group/staff', revision: 1 },
  })
  assert.equal(await openfeature.getBooleanValue('rule', false, context), true)
  assert.equal(await openfeature.getBooleanValue('shown', true, context), false)
  assert.equal(await openfeature.getNumberValue('limit', 1, context), 10)
  assert.equal(await openfeature.getNumberValue('ratio', 1, context), 0.5)
  assert.equal(await openfeature.getStringValue('title', 'x', context), 'Grüße')
  assert.equal(await openfeature.getStringValue('plain_variant', 'x', context), 'only')
  const hero = await openfeature.getObjectDetails('hero', {}, context)
  assert.equal(hero.reason, 'SPLIT')
  assert.ok(['blue', 'green'].includes(hero.variant!))
  assert.ok('hex' in (hero.value as object))
})

test('errors and defaults', async (t) => {
  const openfeature = await client(t)
  const rows: [string, EvaluationContext, unknown, string, string | undefined][] = [
    ['nope', {}, true, 'ERROR', 'FLAG_NOT_FOUND'],
    ['title', { targetingKey: 'a' }, true, 'ERROR', 'TYPE_MISMATCH'],
    ['hero', {}, true, 'DEFAULT', undefined],
    ['killed', {}, false, 'STATIC', undefined],
    ['killed_variants', { targetingKey: 'a' }, true, 'DISABLED', undefined],
    ['child', {}, false, 'DEFAULT', undefined],
  ]
  for (const [key, context, value, reason, errorCode] of rows) {
    const details = await openfeature.getBooleanDetails(key, true, context)
    assert.deepEqual([details.value, details.reason, details.errorCode], [value, reason, errorCode], key)
  }
  assert.equal((await openfeature.getBooleanDetails('killed', true)).flagMetadata['killed'], true)
})

test('hooks see evaluations, and may change the context', async (t) => {
  const openfeature = await client(t)
  const seen: string[] = []
  const hook: Hook = {
    before: ({ flagKey }) => {
      seen.push(`before ${flagKey}`)
      return { targetingKey: 'user:7' }
    },
    after: (_, { value }) => void seen.push(`after ${String(value)}`),
    error: (_, error) => void seen.push(`error ${(error as Error).message}`),
    finally: () => void seen.push('finally'),
  }
  openfeature.addHooks(hook)
  assert.equal(await openfeature.getBooleanValue('for_actor', false), true)
  await openfeature.getBooleanValue('nope', false)
  assert.deepEqual(seen, [
    'before for_actor',
    'after true',
    'finally',
    'before nope',
    'error flag nope not found',
    'finally',
  ])
})

test('events, and what stale says', async (t) => {
  const fake = await Fake.start(t)
  const one = (fake.snapshot = compile({ flags: [boolean('f')] }, { revision: 1 }))
  const provider = new GonfalonProvider({ ...quick, endpoint: fake.endpoint, grace: 10 })
  const changed = new Promise<readonly string[] | undefined>((resolve) =>
    OpenFeature.addHandler(ServerProviderEvents.ConfigurationChanged, (event) => resolve(event?.flagsChanged as readonly string[])),
  )
  const stale = new Promise<void>((resolve) => OpenFeature.addHandler(ServerProviderEvents.Stale, () => resolve()))
  await OpenFeature.setProviderAndWait(provider)
  fake.send('delta', delta(one, compile({ flags: [boolean('f', false)] }, { revision: 2 })))
  assert.deepEqual(await changed, ['f'])
  const openfeature = OpenFeature.getClient()
  fake.intercept = (_, response) => Boolean(response.destroy())
  fake.drop()
  await stale
  assert.equal(openfeature.providerStatus, 'STALE')
  const details = await openfeature.getBooleanDetails('f', true)
  assert.equal(details.value, false)
  assert.equal(details.flagMetadata['stale'], true)
  const ready = new Promise<void>((resolve) => OpenFeature.addHandler(ServerProviderEvents.Ready, () => resolve()))
  fake.intercept = undefined
  fake.first = () => message('heartbeat', '')
  await ready
  assert.equal(openfeature.providerStatus, 'READY')
})

test('a provider that has no flags says so, and recovers', async (t) => {
  const fake = await Fake.start(t)
  fake.intercept = (_, response) => Boolean(response.destroy())
  await assert.rejects(OpenFeature.setProviderAndWait(new GonfalonProvider({ ...quick, endpoint: fake.endpoint, readyWithin: 20 })))
  const openfeature = OpenFeature.getClient()
  assert.equal(openfeature.providerStatus, 'ERROR')
  assert.equal((await openfeature.getBooleanDetails('f', true)).value, true)
  const ready = new Promise<void>((resolve) => OpenFeature.addHandler(ServerProviderEvents.Ready, () => resolve()))
  fake.intercept = undefined
  fake.snapshot = compile({ flags: [boolean('f')] })
  await ready
  assert.equal((await openfeature.getBooleanDetails('f', false)).value, true)
})

test('in a page: one context at a time, with events', async (t) => {
  const plane = await Plane.start(t)
  await plane.put({ key: 'f', gates: [{ type: 'actor', target: 'user:7', enabled: true }] } as { key: string })
  await WebOpenFeature.setContext({ targetingKey: 'user:7' })
  const token = await plane.token('client')
  await WebOpenFeature.setProviderAndWait(new GonfalonWebProvider({ endpoint: plane.endpoint, token, storage: false }))
  const openfeature = WebOpenFeature.getClient()
  const details = openfeature.getBooleanDetails('f', false)
  assert.equal(details.value, true)
  assert.equal(details.reason, 'TARGETING_MATCH')
  assert.equal(details.flagMetadata['gate'], 'actor/user:7')
  await WebOpenFeature.setContext({ targetingKey: 'user:8' })
  assert.equal(openfeature.getBooleanValue('f', true), false)
  const changed = new Promise<readonly string[] | undefined>((resolve) =>
    WebOpenFeature.addHandler(ClientProviderEvents.ConfigurationChanged, (event) => resolve(event?.flagsChanged as readonly string[])),
  )
  await plane.api('POST', '/envs/default/flags/f/enable', {})
  assert.deepEqual(await changed, ['f'])
  assert.equal(openfeature.getBooleanValue('f', false), true)
})
