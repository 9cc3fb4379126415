import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { OpenFeature, ServerProviderEvents } from '@openfeature/server-sdk'
import { GonfalonProvider } from '../src/openfeature-server.ts'
import { Fake } from './support/fake.ts'
import { Gonfalon, type Options } from './support/sdk.ts'
import { boolean, compile, delta, type Document } from './support/snapshots.ts'
import { next, quick } from './support/wait.ts'

const adults = (age: number): object => ({ key: 'adults', constraints: [{ attribute: 'age', operator: 'gte', values: [age] }] })
const requires = (key: string, parent: string): object => ({ key, gates: [{ type: 'boolean', enabled: true }, { type: 'prerequisite', target: parent, enabled: true }] })
const groups = (key: string, ...states: [string, boolean][]): object => ({ key, gates: states.map(([target, enabled]) => ({ type: 'group', target, enabled })) })

/** Flags that use one another; each difference between two of them is one revision. */
function document({ parent = true, age = 18, unused = 1, settings = {} } = {}): Document {
  return {
    flags: [
      boolean('parent', parent),
      requires('child', 'parent'),
      requires('grandchild', 'child'),
      { key: 'by_segment', gates: [{ type: 'segment', target: 'adults', enabled: true }] },
      requires('below_segment', 'by_segment'),
      groups('disputed', ['staff', true], ['banned', false]),
      groups('agreed', ['staff', true]),
      boolean('other'),
    ],
    segments: [adults(age), { key: 'unused', constraints: [{ attribute: 'n', operator: 'eq', values: [unused] }] }],
    settings,
  }
}

async function connect(t: TestContext, documents: readonly Document[], options: Options = {}): Promise<{ fake: Fake; flags: Gonfalon; snapshots: Uint8Array[] }> {
  const snapshots = documents.map((one, i) => compile(one, { revision: i + 1 }))
  const fake = await Fake.start(t)
  fake.snapshot = snapshots[0]
  const flags = await Gonfalon.connect({ ...quick, endpoint: fake.endpoint, ...options })
  t.after(() => flags.close())
  return { fake, flags, snapshots }
}

test('a change names every flag whose decision can differ, and a provider the same', async (t) => {
  const steps: [Document, string[], string[]][] = [
    [document({ parent: false }), ['child', 'grandchild', 'parent'], []],
    [document({ parent: false, age: 21 }), ['below_segment', 'by_segment'], ['adults']],
    [document({ parent: false, age: 21, settings: { group_conflict: 'allow_wins' } }), ['disputed'], []],
    [{ ...document({ settings: { group_conflict: 'allow_wins' } }), segments: [adults(18)] }, ['below_segment', 'by_segment', 'child', 'grandchild', 'parent'], ['adults', 'unused']],
  ]
  const { fake, flags, snapshots } = await connect(t, [document(), ...steps.map(([one]) => one)])
  const provider = new GonfalonProvider(flags)
  await OpenFeature.setProviderAndWait(provider)
  t.after(() => OpenFeature.close())
  for (const [i, [, keys, segments]] of steps.entries()) {
    const changed = next(flags, 'change')
    const told = new Promise((resolve) => provider.events.addHandler(ServerProviderEvents.ConfigurationChanged, (event) => resolve(event?.flagsChanged)))
    fake.send('delta', delta(snapshots[i]!, snapshots[i + 1]!))
    const event = await changed
    assert.deepEqual([event.flags, event.segments, event.revision], [keys, segments, i + 2])
    assert.deepEqual(await told, keys)
    provider.events.removeAllHandlers()
  }
})

test('what changes no decision is no change', async (t) => {
  const { fake, flags, snapshots } = await connect(t, [document(), document({ unused: 2 }), document({ unused: 2, parent: false })])
  const changed = next(flags, 'change')
  fake.send('delta', delta(snapshots[0]!, snapshots[1]!))
  fake.send('delta', delta(snapshots[1]!, snapshots[2]!))
  assert.deepEqual((await changed).revision, 3)
  assert.equal(flags.stats.taken, 3)
})

test('a schedule that opens or closes is a change of its flag and of those that require it', async (t) => {
  const start = Date.now()
  const at = (ms: number): string => new Date(start + ms).toISOString()
  const window = { key: 'sale', gates: [{ type: 'schedule', from: at(1_000), until: at(2_000) }] }
  let now = start
  const { flags } = await connect(t, [{ flags: [window, requires('banner', 'sale'), boolean('other')] }], { clock: () => now })
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const events: (readonly string[])[] = []
  flags.on('change', (event) => events.push(event.flags))
  const pass = (ms: number): void => {
    now += ms
    t.mock.timers.tick(ms)
  }
  pass(999)
  assert.deepEqual([flags.enabled('sale'), events], [false, []])
  pass(2)
  assert.deepEqual([flags.enabled('sale'), flags.enabled('banner'), events], [true, true, [['banner', 'sale']]])
  pass(1_000)
  assert.deepEqual([flags.enabled('sale'), events.length], [false, 2])
  pass(200_000)
  assert.equal(events.length, 2)
})

test('a schedule that opens while listeners hear of it is told', async (t) => {
  const start = Date.now()
  const flag = { key: 'sale', gates: [{ type: 'schedule', from: new Date(start + 1_000).toISOString() }] }
  let now = start
  const { fake, flags, snapshots } = await connect(t, [{ flags: [] }, { flags: [flag] }], { clock: () => now })
  const told: boolean[] = []
  const both = new Promise<void>((resolve) =>
    flags.on('change', () => {
      if (told.push(flags.enabled('sale')) === 2) resolve()
      now = start + 1_001
    }),
  )
  fake.send('delta', delta(snapshots[0]!, snapshots[1]!))
  await both
  assert.deepEqual(told, [false, true])
})

test('a schedule is told by the real clock', { timeout: 20_000 }, async (t) => {
  const from = new Date(Date.now() + 3_000).toISOString()
  const { flags } = await connect(t, [{ flags: [{ key: 'sale', gates: [{ type: 'schedule', from }] }] }])
  assert.equal(flags.enabled('sale'), false)
  const event = await next(flags, 'change')
  assert.deepEqual([event.flags, event.segments, event.revision], [['sale'], [], 1])
  assert.equal(flags.enabled('sale'), true)
})

test('a program waits for the revision that it wrote', async (t) => {
  const { fake, flags, snapshots } = await connect(t, [document(), document({ parent: false })])
  await flags.waitFor(1)
  await assert.rejects(flags.waitFor(2, 20), { name: 'TimeoutError' })
  const waited = flags.waitFor(2)
  fake.send('delta', delta(snapshots[0]!, snapshots[1]!))
  await waited
  assert.equal(flags.enabled('parent'), false)
  const never = assert.rejects(flags.waitFor(3), /closed/)
  await flags.close()
  await never
})
