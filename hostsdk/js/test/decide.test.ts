import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { before, test, type TestContext } from 'node:test'
import { RemoteFlags } from '../src/remote/remote.ts'
import { Fake } from './support/fake.ts'
import { Gonfalon, resolve, type Options } from './support/sdk.ts'
import { boolean, compile } from './support/snapshots.ts'
import { Log, quick } from './support/wait.ts'

let one: Uint8Array
before(() => {
  one = compile({ flags: [boolean('f')] })
})

async function connect(t: TestContext, options: Options): Promise<Gonfalon> {
  const flags = await Gonfalon.connect({ ...quick, ...options })
  t.after(() => flags.close())
  return flags
}

test('a trap costs one decision: the engine is made again', async (t) => {
  const flags = await connect(t, { bootstrap: one })
  const store = (flags as unknown as { store: { engine: { memory: { exports: { memory: WebAssembly.Memory } } } } }).store
  const healthy = store.engine
  new Uint8Array(healthy.memory.exports.memory.buffer).fill(0xff)
  assert.equal(flags.enabled('f', { default: false }), false)
  assert.equal(flags.stats.traps, 1)
  assert.equal(flags.stats.broken, 1)
  new Uint8Array(store.engine.memory.exports.memory.buffer).fill(0xff)
  const failed = flags.decide('f', { actor: 'a' })
  assert.deepEqual([failed.reason, resolve(failed).error], ['NOT_READY', 'GENERAL'])
  assert.notEqual(store.engine, healthy)
  assert.equal(flags.enabled('f'), true)
  assert.equal(flags.state, 'READY')
})

test('a context that throws costs its caller the default, and nobody else anything', async (t) => {
  const rule = { type: 'rule', enabled: true, constraints: [{ attribute: 'plan', operator: 'eq', values: ['pro'] }] }
  const group = { type: 'group', target: 'staff', enabled: true }
  const flags = await connect(t, { bootstrap: compile({ flags: [{ key: 'f', gates: [rule] }, { key: 'g', gates: [group] }, { key: 'on', gates: [{ type: 'boolean', enabled: true }] }] }) })
  const attributes = {
    get plan(): string {
      throw new Error('no')
    },
  }
  assert.equal(flags.enabled('f', { attributes, default: true }), false, 'it counts as null')
  const groups = (): boolean => {
    throw new Error('no')
  }
  assert.equal(resolve(flags.decide('g', { groups })).error, 'INVALID_CONTEXT')
  assert.equal(flags.enabled('g', { groups, default: true }), true)
  assert.equal(resolve(flags.decide('g', { groups: (async () => true) as never })).error, 'INVALID_CONTEXT')
  assert.equal(flags.stats.unreadable, 3)
  assert.deepEqual(flags.decideAll({ groups }).map((d) => [d.key, resolve(d).error]), [['f', undefined], ['g', 'INVALID_CONTEXT'], ['on', undefined]])
  assert.deepEqual([flags.stats.unreadable, flags.stats.broken], [4, 0], 'the engine is well')
  assert.equal(flags.enabled('f', { attributes: { plan: 'pro' } }), true)
  assert.equal(flags.enabled('on', { attributes }), true, 'what a flag does not need is not read')
  assert.equal(flags.enabled('g', { actor: 'a', groups: ['staff'], attributes }), true)
})

test('defaults count where nothing is known, and only there', async (t) => {
  const flags = await connect(t, {
    bootstrap: compile({
      flags: [
        { key: 'killed', killed: true, gates: [{ type: 'boolean', enabled: true }] },
        { key: 'n', gates: [{ type: 'variant', variants: [{ name: 'v', weight: 1, payload: 3 }] }] },
        { key: 'o', gates: [{ type: 'variant', variants: [{ name: 'v', weight: 1, payload: { a: 1 } }] }] },
      ],
    }),
  })
  const actor = 'user:1'
  assert.equal(flags.enabled('killed', { default: true }), false)
  assert.equal(flags.enabled('nope', { default: true }), false)
  assert.equal(flags.variant('n', { actor, default: 'd' }), 'v')
  assert.equal(flags.variant('n', { default: 'd' }), 'd')
  assert.equal(flags.variant('n'), undefined)
  assert.equal(flags.payloadNumber('n', { actor, default: 1 }), 3)
  assert.equal(flags.payloadNumber('o', { actor, default: 1 }), 1)
  assert.equal(flags.payloadString('n', { actor, default: 'x' }), 'x')
  assert.equal(flags.payloadBoolean('n', { actor }), undefined)
  assert.deepEqual(flags.payloadObject<{ a: number }>('o', { actor }), { a: 1 })
  assert.equal(flags.payloadObject('n', { actor }), undefined)
  assert.deepEqual(flags.payload('o', { actor }), { a: 1 })
  assert.equal(flags.payload('nope', { default: null }), null)
})

test('what is no actor, no group and no flag is counted, and logged once of each kind', async (t) => {
  const logger = new Log()
  const flags = await connect(t, { bootstrap: compile({ flags: [{ key: 'f', gates: [{ type: 'percentage_of_actors', ratio: 0.9999 }, { type: 'group', target: 'staff', enabled: false }] }] }), logger })
  const strangers = [true, 42.5, 2 ** 53 + 2, {}, [], () => 'a', Symbol('a'), new Date(), { actorId: 1.5 }]
  for (const actor of [...strangers, ...strangers]) assert.equal(flags.enabled('f', { actor: actor as never }), false)
  assert.equal(flags.stats.unreadable, 2 * strangers.length)
  assert.equal(logger.warnings.length, new Set(logger.warnings).size)
  assert.deepEqual(logger.warnings.filter((line) => line.includes('42') || line.includes('1.5')), [], 'the value itself may be personal')
  for (const actor of ['', 0, -7, 42n, 2 ** 53, { actorId: 'a' }, { actorId: 7 }]) assert.equal(flags.enabled('f', { actor }), true)
  assert.equal(flags.enabled('f', { actor: 'a', groups: [null, 'staff', 5] as never }), false, 'a group that is denied counts beside what is none')
  assert.equal(flags.stats.unreadable, 2 * strangers.length + 1, 'a decision is counted once')
  for (const groups of [new Set([null, 'staff']), [null, 'staff']]) assert.equal(flags.enabled('f', flags.context({ actor: 'a', groups: groups as never })), false)
  assert.equal(flags.stats.unreadable, 2 * strangers.length + 3)
  const prepared = flags.context({ actor: true as never })
  for (let i = 0; i < 2; i++) assert.equal(flags.enabled('f', prepared), false)
  flags.decideAll(prepared, ['f', 'f', 'f'])
  flags.explain('f', prepared)
  assert.equal(flags.stats.unreadable, 2 * strangers.length + 3 + 6, 'each decision is counted')

  logger.warnings.length = 0
  flags.enabled('mispelt', { default: true })
  flags.variant('mispelt')
  flags.decide('mispelt')
  flags.explain('mispelt')
  flags.decideAll({}, ['mispelt', 'f'])
  for (let i = 0; i < 5_000; i++) flags.enabled(`nope${i}`)
  assert.equal(logger.warnings.length, 1_000)
  assert.equal(flags.stats.unknown, 5_005)
  assert.equal(logger.warnings.filter((line) => line.includes('"mispelt"')).length, 1)
  assert.equal(flags.enabled('x'.repeat(1 << 20)), false)
  const groups = (): never => assert.fail('no')
  for (let i = 0; i < 10; i++) flags.enabled('f', { groups })
  assert.equal(logger.warnings.length, 1_001, 'a log has an end as well')
})

test('a group that is denied counts behind any number of others', async (t) => {
  const many = Array.from({ length: 400 }, (_, i) => `g${i}`)
  const gates = (...targets: string[]): object[] => [{ type: 'boolean', enabled: true }, ...targets.map((target) => ({ type: 'group', target, enabled: false }))]
  const flags = await connect(t, { bootstrap: compile({ flags: [{ key: 'f', gates: gates('banned') }, { key: 'all', gates: gates(...many) }, boolean('other')] }) })
  const given = [...many, 'banned']
  for (const decided of [flags.decideAll({ actor: 'a', groups: given.values() })[1]!, flags.explain('f', { actor: 'a', groups: given.values() }).decision]) {
    assert.equal(decided.path, 'group/banned', 'an iterator can be read but once')
  }
  for (const groups of [given, new Set(given)]) {
    const context = { actor: 'a', groups }
    for (const asked of [context, flags.context(context)]) {
      assert.deepEqual([flags.enabled('f', asked), flags.decide('f', asked).path, flags.explain('f', asked).decision.path], [false, 'group/banned', 'group/banned'])
      assert.equal(resolve(flags.decide('all', asked)).error, 'INVALID_CONTEXT', 'any of the groups may be denied')
      assert.deepEqual(flags.decideAll(asked).map((d) => [d.key, d.enabled, d.error?.name]), [['all', false, 'ContextError'], ['f', false, undefined], ['other', true, undefined]])
    }
  }
})

test('a payload that cannot be read costs its own flag the value, and no other', async (t) => {
  const flags = await connect(t, { bootstrap: forged(compile({ flags: [{ key: 'bad', gates: [{ type: 'variant', variants: [{ name: 'v', weight: 1, payload: { ok: true } }] }] }, boolean('f')] }), '{"ok":true}', '{"ok"::rue}') })
  const [bad, f] = flags.decideAll({ actor: 'a' })
  assert.deepEqual([bad!.variant, bad!.payload, bad!.value, resolve(bad!).error], ['v', undefined, undefined, 'GENERAL'])
  assert.equal(f!.enabled, true)
  assert.equal(flags.payloadString('bad', { actor: 'a', default: 'x' }), 'x')
  assert.equal(flags.variant('bad', { actor: 'a' }), 'v')
  assert.equal(flags.stats.broken, 2)
})

test('what a newer control plane wrote is off, and named in the log and the figures', async (t) => {
  const logger = new Log()
  // A bit of the flag that no build has written yet.
  const bootstrap = forged(compile({ flags: [boolean('f'), boolean('new')] }), '\xa3new\xc4\x0b\x9a\x01', '\xa3new\xc4\x0b\x9a\x41')
  const flags = await connect(t, { bootstrap, logger })
  assert.deepEqual([flags.enabled('f'), flags.enabled('new'), flags.info?.unreadable], [true, false, 1])
  assert.match(logger.warnings.join(), /a newer control plane wrote records/)
})

test('a decision says that it was given up', async (t) => {
  const rule = { type: 'rule', enabled: true, constraints: [{ attribute: 'a', operator: 'matches', values: ['(a|.){0,99}$x'] }] }
  const flags = await connect(t, { bootstrap: compile({ flags: [{ key: 'costly', gates: [rule, { type: 'boolean', enabled: true }] }] }) })
  const of = (a: string): unknown => (({ enabled, exhausted }) => [enabled, exhausted])(flags.decide('costly', { attributes: { a } }))
  assert.deepEqual([of('/'), of('/'.repeat(30_000))], [[true, false], [false, true]])
})

test('no decision fails, whatever a program hands in', async (t) => {
  const gates = [{ type: 'group', target: 'staff', enabled: true }, { type: 'rule', enabled: true, constraints: [{ attribute: 'a', operator: 'eq', values: [1] }] }]
  const logger = { info: () => assert.fail('the log is full'), warn: () => assert.fail('the log is full') }
  t.mock.method(console, 'error', () => {})
  const fake = await Fake.start(t)
  fake.intercept = (request, response) => request.url!.startsWith('/ofrep') && Boolean(response.writeHead(200).end('{"flags":[{"key":"f","value":true}]}'))
  const here = await connect(t, { bootstrap: compile({ flags: [{ key: 'f', gates }] }), logger })
  const there = new RemoteFlags({ endpoint: fake.endpoint, storage: false, logger })
  t.after(() => there.close())
  await there.start()

  const throwing = new Proxy({}, { get: () => assert.fail('no'), ownKeys: () => assert.fail('no'), getPrototypeOf: () => assert.fail('no') })
  const itself: object = new Proxy({}, { get: () => assert.fail('no'), getPrototypeOf: () => fail(itself) })
  const fail = (error: unknown): never => {
    throw error
  }
  const endless = { *[Symbol.iterator]() { for (;;) yield 'x' } } // prettier-ignore
  const throwsItself = { get actorId() { return fail(itself) }, get a() { return fail(itself) }, [Symbol.iterator]: () => fail(itself) } // prettier-ignore
  const values = [itself, throwsItself, endless, () => fail(itself), undefined, null, 0, 1n, true, '', 'staff', Symbol('s'), () => 'x', [], {}, new Map(), Object.create(null), new Date(NaN), throwing, new Proxy([], { get: () => assert.fail('no') }), { [Symbol.iterator]: () => assert.fail('no') }]
  for (const flags of [here, there]) {
    for (const value of values as never[]) {
      const contexts = [value, { actor: value }, { actor: { actorId: value, inGroup: value } }, { groups: value }, { groups: [value] }, { attributes: value }, { attributes: { a: value } }, { attributes: { a: [value, { b: value }] } }]
      for (const context of contexts as never[]) {
        for (const asked of [context, flags.context(context)]) {
          assert.equal(typeof flags.enabled('f', asked), 'boolean')
          assert.equal(flags.decideAll(asked).length, 1)
          assert.equal(flags.decide('f', asked).key, 'f')
          flags.variant('f', asked)
          flags.payload('f', asked)
          flags.explain('f', asked)
        }
      }
      assert.equal(flags.enabled(value, { default: true }), false, 'such a flag doesn’t exist')
      assert.equal(flags.decide(value).reason, 'UNKNOWN_FLAG')
      assert.equal(flags.decideAll({}, [value, 'f'] as never).length, 2)
      flags.explain(value)
      assert.ok(Array.isArray(flags.decideAll({}, value)))
    }
  }
})

/** A snapshot whose bytes were changed in one place, and whose id is right nevertheless. */
function forged(snapshot: Uint8Array, from: string, to: string): Uint8Array {
  const bytes = Buffer.from(snapshot)
  const at = bytes.indexOf(from, 'latin1')
  assert.ok(at > 0 && from.length === to.length, `${at} ${from.length} ${to.length}`)
  bytes.write(to, at, 'latin1')
  createHash('sha256').update(bytes.subarray(0, -32)).digest().copy(bytes, bytes.length - 32)
  return bytes
}
