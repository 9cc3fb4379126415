import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import type { Context } from '../src/context.ts'
import { decision } from '../src/decision.ts'
import { Engine } from '../src/engine/engine.ts'
import { ContextError } from '../src/engine/context_error.ts'
import { maxSnapshotBytes, snapshotFormat } from '../src/engine/memory.ts'
import { compileModule } from '../src/engine/module.ts'
import { explanation } from '../src/engine/explanation.ts'
import { PreparedContext } from '../src/engine/prepared.ts'
import { LoadError } from '../src/engine/load_error.ts'
import { resolve } from '../src/resolution.ts'
import { document } from './support/flags.ts'
import { compile, delta } from './support/snapshots.ts'

const clock = { now: (): number => Date.parse('2026-11-22T10:00:00Z'), roll: (): [number, number] => [0, 1] }
let module: WebAssembly.Module
let snapshot: Uint8Array

before(async () => {
  module = await compileModule()
  snapshot = compile(document, { revision: 7 })
})

const load = (bytes = snapshot): Engine => new Engine(module, bytes)
const decide = (engine: Engine, key: string, context?: Context) => engine.decide(key, context, clock)

test('a snapshot says what it is', () => {
  const { info } = load()
  assert.deepEqual(info, {
    environment: 'default',
    id: Buffer.from(snapshot.slice(-32)).toString('hex'),
    lineage: 'a'.repeat(32),
    revision: 7,
    position: `${'a'.repeat(32)}-7-${info.id}`,
    flags: document.flags.length,
    segments: 1,
    unreadable: 0,
  })
})

test('revisions beyond 32 bits are exact', () => {
  assert.equal(load(compile(document, { revision: 2 ** 52 + 1 })).info.revision, 2 ** 52 + 1)
  assert.match(load(compile(document, { revision: '9223372036854775807' })).info.position, /^a+-9223372036854775807-/)
})

test('every kind of gate decides, with reason and gate', () => {
  const engine = load()
  const rows: [string, Context | undefined, boolean, string, string | undefined][] = [
    ['on', undefined, true, 'STATIC', 'boolean'],
    ['off', { actor: 'user:7' }, false, 'DEFAULT', undefined],
    ['for_actor', { actor: 'user:7' }, true, 'TARGETING_MATCH', 'actor/user:7'],
    ['for_actor', { actor: 42 }, true, 'TARGETING_MATCH', 'actor/42'],
    ['for_actor', { actor: 42n }, true, 'TARGETING_MATCH', 'actor/42'],
    ['for_actor', { actor: { actorId: 'user:7' } }, true, 'TARGETING_MATCH', 'actor/user:7'],
    ['for_actor', { actor: 'user:8' }, false, 'DEFAULT', undefined],
    ['for_actor', {}, false, 'DEFAULT', undefined],
    ['for_group', { actor: 'a', groups: ['staff'] }, true, 'TARGETING_MATCH', 'group/staff'],
    ['for_group', { groups: new Set(['x', 'équipe']) }, true, 'TARGETING_MATCH', 'group/équipe'],
    ['for_group', { actor: 'a', groups: (name) => name === 'staff' }, true, 'TARGETING_MATCH', 'group/staff'],
    ['for_group', { actor: { actorId: null, inGroup: (name) => name === 'staff' } }, true, 'TARGETING_MATCH', 'group/staff'],
    ['for_group', { actor: { actorId: 'a', inGroup: () => false }, groups: ['staff'] }, true, 'TARGETING_MATCH', 'group/staff'],
    ['for_group', { actor: 'a', groups: ['guests'] }, false, 'DEFAULT', undefined],
    ['quarter', { actor: 'user:1' }, false, 'DEFAULT', undefined],
    ['rule', { attributes: { plan: 'pro', age: 18 } }, true, 'TARGETING_MATCH', 'rule'],
    ['rule', { attributes: { plan: 'pro', age: 18.5 } }, true, 'TARGETING_MATCH', 'rule'],
    ['rule', { attributes: { plan: 'pro', age: 10n ** 30n } }, true, 'TARGETING_MATCH', 'rule'],
    ['rule', { attributes: { plan: 'pro', age: 17 } }, false, 'DEFAULT', undefined],
    ['rule', { attributes: { plan: 'pro' } }, false, 'DEFAULT', undefined],
    ['segment', { attributes: { age: 20 } }, true, 'TARGETING_MATCH', 'segment/adults'],
    ['child', undefined, false, 'PREREQUISITE', 'prerequisite/off'],
    ['autumn', undefined, true, 'TARGETING_MATCH', 'schedule'],
  ]
  for (const [key, context, enabled, reason, path] of rows) {
    const d = decide(engine, key, context)
    assert.deepEqual([d.enabled, d.reason, d.path, d.known], [enabled, reason, path, true], `${key} ${JSON.stringify(context, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))}`)
  }
})

test('values, variants and payloads follow the table of the contract', () => {
  const engine = load()
  const actor = { actor: 'user:1' }
  const rows: [string, Context | undefined, unknown, string | undefined, string, string | undefined][] = [
    ['nope', actor, undefined, undefined, 'ERROR', 'FLAG_NOT_FOUND'],
    ['killed_off_variant', actor, 'calm', 'calm', 'STATIC', undefined],
    ['killed_variants', actor, undefined, undefined, 'DISABLED', undefined],
    ['killed', actor, false, 'off', 'STATIC', undefined],
    ['plain_variant', actor, 'only', 'only', 'SPLIT', undefined],
    ['plain_variant', undefined, undefined, undefined, 'DEFAULT', undefined],
    ['limit', actor, 10, 'ten', 'SPLIT', undefined],
    ['ratio', actor, 0.5, 'half', 'SPLIT', undefined],
    ['title', actor, 'Grüße', 'hello', 'SPLIT', undefined],
    ['shown', actor, false, 'no', 'SPLIT', undefined],
    ['child', actor, false, 'off', 'DEFAULT', undefined],
    ['on', actor, true, 'on', 'STATIC', undefined],
  ]
  for (const [key, context, value, variant, reason, error] of rows) {
    const d = resolve(decide(engine, key, context))
    assert.deepEqual([d.value, d.variant, d.reason, d.error], [value, variant, reason, error], key)
  }
  assert.equal(decide(engine, 'killed', actor).killed, true)
  assert.equal(decide(engine, 'killed', actor).enabled, false)
})

test('limits and formats are the engine’s', () => {
  const engine = (file: string): string => readFileSync(new URL(`../../../engine/${file}`, import.meta.url), 'utf8')
  assert.match(engine('load.go'), new RegExp(`\\nconst Format = ${snapshotFormat}\\n`))
  assert.match(engine('limits.go'), new RegExp(`MaxSnapshotBytes += ${maxSnapshotBytes >> 20} << 20`))
})

test('numbers of a newer engine print as numbers', () => {
  const newer = decision('f', (9 << 1) | (12 << 5), undefined, undefined, 1)
  assert.deepEqual([newer.reason, newer.gate, newer.path, newer.known], ['reason 9', 'gate 12', 'gate 12', true])
  const { steps } = explanation(newer, [0, [[12, 7, null, null, null, null, [['plan', 99, [], null, false]]]]])
  assert.deepEqual([steps[0]!.gate, steps[0]!.outcome, steps[0]!.comparisons[0]!.operator], ['gate 12', 'outcome 7', 'operator 99'])
})

test('published scores come out', () => {
  const engine = load(compile({ flags: ['pipeweed', 'coconut'].map((key) => ({ key, gates: [{ type: 'percentage_of_actors', ratio: 0.5 }] })) }))
  assert.equal(decide(engine, 'pipeweed', { actor: 'user:1' }).score, 0.8658294677734375)
  assert.equal(decide(engine, 'coconut', { actor: 'user:42' }).score, 0.7024383544921875)
})

test('payloads are shared, and frozen through and through', () => {
  const engine = load()
  const first = decide(engine, 'hero', { actor: 'user:1' }).payload as { sizes: number[] }
  assert.equal(decide(engine, 'hero', { actor: 'user:1' }).payload, first)
  assert.throws(() => first.sizes.push(3), TypeError)
})

test('a batch decides as single questions do, also past the thousand of one crossing', () => {
  const flags = Array.from({ length: 2500 }, (_, i) => ({ key: `f${String(i).padStart(4, '0')}`, gates: [{ type: 'percentage_of_actors', ratio: 0.5 }] }))
  const engine = load(compile({ flags }))
  const context = { actor: 'user:1', attributes: { plan: 'pro' } }
  const all = engine.decideAll(null, context, clock)
  assert.equal(all.length, 2500)
  assert.deepEqual(all, flags.map(({ key }) => decide(engine, key, context)))
  const some = ['f0003', 'nope', 'f2499', 'f0003']
  assert.deepEqual(engine.decideAll(some, context, clock), some.map((key) => decide(engine, key, context)))
  assert.deepEqual(engine.decideAll([], context, clock), [])
})

test('a batch asks a function about the groups of all its flags', () => {
  const asked: string[] = []
  const groups = (name: string): boolean => asked.push(name) > 0 && name === 'staff'
  const engine = load()
  assert.equal(engine.decideAll(['on', 'for_group'], { actor: 'a', groups }, clock)[1]!.enabled, true)
  assert.deepEqual(asked.sort(), ['staff', 'équipe'])
})

test('what a flag does not need is left out of its requests, and nothing else', () => {
  const rule = (...names: string[]): object => ({ type: 'rule', constraints: names.map((attribute) => ({ attribute, operator: 'neq', values: ['x'] })) })
  const many = Array.from({ length: 16 }, (_, i) => `a${i + 10}`)
  const engine = load(
    compile({
      flags: [
        { key: 'few', gates: [rule('b', 'é', 'toString')] },
        { key: 'many', gates: [rule(...many)] },
        { key: 'odd', gates: [rule('a\ufffd')] },
        { key: 'child', gates: [{ type: 'boolean' }, { type: 'prerequisite', target: 'few', enabled: true }] },
      ],
    }),
  )
  const read: string[] = []
  const reading = (values: object): Context['attributes'] =>
    new Proxy(values as Record<string, string>, { get: (target, name) => (read.push(String(name)), target[name as string]) })
  const own = { a: '1', b: '2', é: '3', toString: '4' as never, z: '5' }
  for (const key of ['few', 'child']) {
    read.length = 0
    assert.equal(decide(engine, key, { attributes: reading(own) }).enabled, true, key)
    assert.deepEqual(read, ['b', 'é', 'toString'])
  }
  assert.equal(decide(engine, 'few', { attributes: { b: '2', é: '3' } }).enabled, false, 'what is inherited is no attribute')
  assert.equal(decide(engine, 'many', { attributes: Object.fromEntries(many.map((name) => [name, 'y'])) }).enabled, true)
  assert.equal(decide(engine, 'odd', { attributes: { 'a\ud800': 'y' } }).enabled, true)
  const crowd = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`B${i}`, 'y']))
  for (const context of [{ attributes: { ...crowd, ...own } }, new PreparedContext({ attributes: { ...crowd, ...own } })]) {
    assert.equal(decide(engine, 'few', context).enabled, true, 'any number may be given')
    assert.equal(engine.explain('few', context, clock).decision.enabled, true)
    assert.throws(() => decide(engine, 'many', context), ContextError, 'which of them matter is not known')
  }
})

test('flags that there are not are remembered, but not without end', () => {
  const engine = load()
  const known = (): number => (engine as unknown as { needs: Map<string, unknown> }).needs.size
  for (let i = 0; i < 5000; i++) assert.equal(decide(engine, `nope${i}`).reason, 'UNKNOWN_FLAG')
  assert.ok(known() < 1100, `${known()} keys are remembered`)
  assert.equal(decide(engine, 'on').enabled, true)
  assert.equal(decide(engine, 'nope4999').reason, 'UNKNOWN_FLAG')
})

test('a context written once decides as one written each time', () => {
  const engine = load()
  const context = { actor: 'user:1', groups: ['staff'], attributes: { plan: 'pro', age: 30, tags: ['a', 'b'] } }
  const prepared = new PreparedContext(context)
  for (const key of engine.keys()) assert.deepEqual(engine.decide(key, prepared, clock), decide(engine, key, context))
  assert.deepEqual(engine.decideAll(null, prepared, clock), engine.decideAll(null, context, clock))
})

test('an explanation is of the very decision', () => {
  const engine = load()
  let n = 0
  const rolling = { now: clock.now, roll: (): [number, number] => [n++ * 7919, n * 104729] }
  const seen = new Set<boolean>()
  for (let i = 0; i < 50; i++) {
    const { decision, steps } = engine.explain('sometimes', { actor: 'a' }, rolling)
    const step = steps.find(({ gate }) => gate === 'percentage_of_time')!
    assert.equal(step.outcome === 'yes', decision.enabled)
    assert.equal(Number(step.a) <= Number(step.b), decision.enabled)
    seen.add(decision.enabled)
  }
  assert.equal(seen.size, 2)
  const { steps } = engine.explain('rule', { attributes: { plan: 'team', age: 2n ** 70n } }, clock)
  assert.deepEqual(steps[0]!.comparisons, [
    { attribute: 'plan', operator: 'eq', values: ['pro'], actual: 'team', held: false },
    { attribute: 'age', operator: 'gte', values: [18], actual: 2n ** 70n, held: true },
  ])
})

test('a context may be far larger than the buffer to begin with', () => {
  const engine = load()
  const plan = 'é'.repeat(500_000)
  assert.equal(decide(engine, 'rule', { attributes: { plan, age: 20 } }).enabled, false)
  assert.equal(engine.decideAll(['rule'], { attributes: { plan: 'pro', age: 20, big: plan } }, clock)[0]!.enabled, true)
  assert.equal(decide(engine, 'rule', { attributes: { plan: 'pro', age: 20 } }).enabled, true)
})

test('a context beyond the limit is an error that says so, and harms nothing', () => {
  const engine = load()
  assert.throws(() => decide(engine, 'rule', { attributes: { plan: 'a'.repeat(33 << 20) } }), ContextError)
  assert.equal(decide(engine, 'on').enabled, true)
})

test('a context that asks the same engine while it is read gets both answers right', () => {
  const engine = load()
  const attributes = {
    get plan(): string {
      assert.equal(decide(engine, 'for_group', { actor: 'somebody', groups: ['staff'] }).enabled, true)
      return 'pro'
    },
    age: 20,
  }
  assert.equal(decide(engine, 'rule', { attributes }).enabled, true)
  const groups = (name: string): boolean => decide(engine, 'on').enabled && name === 'staff'
  assert.equal(decide(engine, 'for_group', { actor: 'a', groups }).enabled, true)
})

test('hostile bytes give an error, whatever they are', () => {
  for (let i = 0; i < snapshot.length; i++) {
    const broken = snapshot.slice()
    broken[i]! ^= 1 << (i & 7)
    assert.throws(() => load(broken), LoadError, `byte ${i}`)
  }
  for (const size of [0, 1, 31, snapshot.length - 1]) assert.throws(() => load(snapshot.slice(0, size)), LoadError)
  assert.throws(() => load(new Uint8Array((32 << 20) + 1)), LoadError)
})

test('a delta makes the next snapshot, byte for byte', () => {
  const engine = load()
  const next = compile({ ...document, flags: [...document.flags.slice(1), { key: 'new', gates: [] }] }, { revision: 8 })
  assert.deepEqual(engine.splice(delta(snapshot, next)), next)
  assert.equal(decide(engine, 'on').enabled, true)
  assert.throws(() => load(next).splice(delta(snapshot, next)), (error) => error instanceof LoadError && error.code === 11)
})

test('memory stays flat over a million decisions and a thousand snapshots', { timeout: 120_000 }, () => {
  const small = compile({ flags: document.flags.slice(0, 3) })
  const engine = load(small)
  const memory = (): number => (engine as unknown as { exports: { memory: WebAssembly.Memory } }).exports.memory.buffer.byteLength
  decide(engine, 'on')
  const start = memory()
  for (let i = 0; i < 1_000_000; i++) engine.evaluate('for_actor', { actor: 'user:7' }, clock)
  assert.equal(memory(), start)
  for (let i = 0; i < 1000; i++) assert.equal(decide(load(small), 'on').enabled, true)
})
