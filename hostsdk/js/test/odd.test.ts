import assert from 'node:assert/strict'
import { before, test, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import { GonfalonProvider } from '../src/openfeature-server.ts'
import { RemoteFlags } from '../src/browser.ts'
import { resolve, score, type Flags } from '../src/index.ts'
import { testFlags, withFlags } from '../src/testing.ts'
import { Fake } from './support/fake.ts'
import { document } from './support/flags.ts'
import { Gonfalon } from './support/sdk.ts'
import { compile } from './support/snapshots.ts'
import { quick } from './support/wait.ts'

/** What throws itself, whatever is done to it: when it is read, listed, called, printed or asked what it is. */
const fury: object = new Proxy(() => {}, Object.fromEntries(Object.getOwnPropertyNames(Reflect).map((trap) => [trap, () => throwing(fury)])))
const throwing = (error: unknown): never => {
  throw error
}

/** Values that no program should hand in. */
function oddValues(): unknown[] {
  const circle: Record<string, unknown> = { name: 'circle' }
  circle['self'] = [circle, new Map([['again', circle]])]
  const deep = (n: number): unknown => (n === 0 ? 1 : [deep(n - 1)])
  const endless = { *[Symbol.iterator]() { for (;;) yield 'x' } } // prettier-ignore
  const getters = Object.fromEntries(['actor', 'groups', 'attributes', 'default', 'actorId', 'inGroup', 'plan', 'length', 'then', 'message'].map((name) => [name, { get: () => throwing(fury), enumerable: true }]))
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  class Own {
    #secret = 1
    get actorId(): unknown {
      return this.#secret === 1 ? this : undefined
    }
  }
  return [
    undefined, null, true, '', 'text', '\ud800', '\u0000\n\u202e', 'x'.repeat(1_000), 0, -0, 1.5, NaN, Infinity, -Infinity, 2 ** 53 + 2, 0n, -(10n ** 400n), Symbol('s'), Symbol.iterator,
    () => throwing(fury), function named() {}, class {}, async () => {}, fury, proxy, new Proxy({}, { ownKeys: () => Array.from({ length: 50 }, (_, i) => `k${i}`) }), new Proxy([], { get: () => NaN }),
    Object.defineProperties({}, getters as PropertyDescriptorMap), circle, deep(2_000), endless, new Array(1e9), new Array(4e9 >>> 0), Array(3), [, 1], Object.create(null), Object.create(fury), new Own(), Object.create(Own.prototype), // eslint-disable-line no-sparse-arrays
    new Date(NaN), new Date(8.64e15), new Map<unknown, unknown>([[fury, 1], ['a', fury]]), new Set(['a']), new WeakMap(), new Uint8Array(8), new ArrayBuffer(8), new SharedArrayBuffer(8), /x/g, new Error('x'), Promise.reject(fury).catch(() => {}), globalThis, { toString: () => throwing(fury), valueOf: () => throwing(fury), toJSON: () => throwing(fury), [Symbol.toPrimitive]: () => throwing(fury) },
    { __proto__: null, constructor: fury }, JSON.parse('{"__proto__": {"plan": "pro"}, "constructor": 1}'), { actorId: fury }, { actorId: 1, inGroup: () => fury }, { inGroup: fury }, Object.freeze([fury]), [[fury]], new String('x'), new Number(1), Object(1n), Object(Symbol('x')),
  ] // prettier-ignore
}

/** The contexts that a value makes. */
const contextsOf = (v: unknown): unknown[] => [v, { actor: v }, { actor: { actorId: v, inGroup: v } }, { groups: v }, { groups: [v] }, { groups: () => v }, { attributes: v }, { attributes: { plan: v, age: v } }, { attributes: { plan: [v, { v }] } }, { actor: 'a', groups: v, attributes: new Map([['plan', v]]), default: v }]

let snapshot: Uint8Array
before(() => {
  snapshot = compile(document)
})

async function clients(t: TestContext): Promise<Record<string, Flags>> {
  const fake = await Fake.start(t)
  fake.intercept = (request, response) => request.url!.startsWith('/ofrep') && Boolean(response.writeHead(200).end('{"flags":[{"key":"on","value":true}]}'))
  const angry = { info: () => throwing(fury), warn: () => throwing(fury) }
  const there = new RemoteFlags({ endpoint: fake.endpoint, storage: false, logger: angry })
  await there.start()
  const all = {
    usual: await Gonfalon.connect({ ...quick, bootstrap: snapshot }),
    'whose log throws': await Gonfalon.connect({ bootstrap: snapshot, logger: angry }),
    'whose clock throws': await Gonfalon.connect({ ...quick, bootstrap: snapshot, clock: () => throwing(fury), roll: () => throwing(fury) }),
    'without flags': await Gonfalon.connect({ ...quick, endpoint: 'http://127.0.0.1:1', readyWithin: 0 }),
    'in a page': there,
    'of a test': testFlags(t).enable('on'),
  }
  for (const flags of Object.values(all)) t.after(() => flags.close())
  return all
}

test('no decision fails, whatever a program hands in', { timeout: 120_000 }, async (t) => {
  t.mock.method(console, 'error', (...args: unknown[]) => {
    inspect(args) // it looks at what it is told, as the console does
    throw new Error('the console is a program’s own')
  })
  const keys = ['for_group', 'rule', 'hero', 'autumn']
  for (const [name, flags] of Object.entries(await clients(t))) {
    for (const [i, value] of oddValues().entries()) {
      // What a client adds to another is not about how a context is read.
      const asked = name === 'usual' ? contextsOf(value) : [value, { actor: value, groups: value, attributes: { plan: value }, default: value }]
      const prepared = asked.map((context) => flags.context(context as never))
      for (const context of [...asked, ...prepared] as never[]) {
        const what = `${name}, value ${i}`
        for (const key of keys) {
          assert.equal(typeof flags.decide(key, context).enabled, 'boolean', what)
          flags.enabled(key, context)
          flags.variant(key, context)
        }
        flags.payload('hero', context)
        flags.payloadBoolean('shown', context)
        flags.payloadString('title', context)
        flags.payloadNumber('limit', context)
        flags.payloadObject('hero', context)
        assert.equal(flags.explain('rule', context).decision.key, 'rule', what)
        assert.equal(flags.decideAll(context, ['on', 'hero']).length, 2, what)
      }
      const key = value as never
      assert.equal(typeof flags.decide(key).key, 'string')
      assert.equal(flags.enabled(key, { default: key }), name === 'without flags' ? flags.enabled('on', { default: key }) : false)
      for (const ask of ['variant', 'payload', 'payloadBoolean', 'payloadString', 'payloadNumber', 'payloadObject', 'explain'] as const) (flags[ask] as (key: unknown) => unknown).call(flags, key)
      assert.ok(Array.isArray(flags.decideAll(key, key)))
      resolve(flags.decide(key, key))
      score(key, key)
    }
    assert.equal(flags.enabled('on'), name !== 'without flags', `${name}: it goes on as before`)
    assert.equal(typeof flags.stats.unreadable, 'number')
  }
})

test('a flag that a test overrides is decided whatever is asked with it', async (t) => {
  const flags = testFlags(t).enable('on')
  for (const value of oddValues() as never[]) {
    withFlags(flags, { on: () => true, off: false, hero: { variant: 'blue' } }, () => {
      for (const key of ['on', 'off', 'hero', value]) {
        for (const context of contextsOf(value) as never[]) {
          assert.equal(flags.enabled(key, context), key === 'on' || key === 'hero')
          flags.decideAll(context, [key])
          flags.explain(key, context)
        }
      }
    })
  }
  withFlags(flags, { on: () => throwing(new Error('the test’s own')) }, () => assert.throws(() => flags.enabled('on'), /the test’s own/))
})

test('a provider answers with the default, whatever it is asked', async (t) => {
  const flags = await Gonfalon.connect({ ...quick, bootstrap: snapshot })
  t.after(() => flags.close())
  const provider = new GonfalonProvider(flags)
  await provider.initialize()
  for (const value of oddValues() as never[]) {
    for (const context of [value, { targetingKey: value, groups: value, plan: value }] as never[]) {
      for (const key of ['on', 'rule', 'hero', value]) {
        await provider.resolveBooleanEvaluation(key, false, context)
        await provider.resolveStringEvaluation(key, '', context)
        await provider.resolveNumberEvaluation(key, 0, context)
        await provider.resolveObjectEvaluation(key, {}, context)
      }
    }
  }
})

test('a key that is long or forges lines is logged in short, in quotes', async (t) => {
  const said: string[] = []
  const flags = await Gonfalon.connect({ bootstrap: snapshot, logger: { info() {}, warn: (message) => said.push(message) } })
  t.after(() => flags.close())
  flags.enabled('x'.repeat(10_000))
  flags.enabled('one\n2026 ERROR forged\u202e\u001b[31m\u0085')
  flags.enabled('on', { groups: () => throwing(new Error('y\n'.repeat(10_000))) })
  flags.enabled('for_group', { groups: () => throwing(new Error('y\n'.repeat(10_000))) })
  assert.equal(said.length, 3)
  for (const line of said) assert.ok(line.length < 1_000 && !/[\p{C}\u2028\u2029]/u.test(line), inspect(line))
})
