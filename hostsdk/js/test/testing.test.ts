import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../src/context.ts'
import { testFlags, withFlags } from '../src/testing.ts'
import { Gonfalon } from './support/sdk.ts'
import { document } from './support/flags.ts'
import { compile } from './support/snapshots.ts'
import { next, quick } from './support/wait.ts'

test('a test writes its own flags', (t) => {
  const flags = testFlags(t).enable('a').enable('b', { forGroup: 'staff' }).enable('c', { forActor: 'user:1' }).disable('c', { forActor: 'user:2' })
  assert.equal(flags.state, 'READY')
  assert.equal(flags.enabled('a'), true)
  assert.equal(flags.enabled('b'), false)
  assert.equal(flags.enabled('b', { groups: ['staff'] }), true)
  assert.equal(flags.enabled('c', { actor: 'user:1' }), true)
  assert.equal(flags.decide('c', { actor: 'user:2' }).path, 'actor/user:2')
  assert.equal(flags.decide('nope').reason, 'UNKNOWN_FLAG')
  flags.enable('c').kill('a')
  assert.equal(flags.enabled('c', { actor: 'user:2' }), false)
  assert.equal(flags.enabled('c', { actor: 'user:3' }), true)
  assert.equal(flags.decide('a').killed, true)
  flags.clear('c')
  assert.equal(flags.enabled('c', { actor: 'user:1', default: true }), false)
  flags.clear()
  assert.deepEqual(flags.keys(), [])
})

test('variants are the engine’s', (t) => {
  const flags = testFlags(t).serve('hero', 'blue', { hex: '#00f', a: [1, 'é', null] })
  assert.equal(flags.variant('hero', { actor: 'anybody' }), 'blue')
  assert.deepEqual(flags.payload('hero', { actor: 'anybody' }), { hex: '#00f', a: [1, 'é', null] })
  flags.variants('split', { a: 7, b: 3, never: 0 })
  const counts: Record<string, number> = {}
  for (let i = 1; i <= 10_000; i++) counts[flags.variant('split', { actor: String(i), default: '' })]! = (counts[flags.variant('split', { actor: String(i), default: '' })] ?? 0) + 1
  assert.equal(counts['never'], undefined)
  assert.ok(Math.abs(counts['a']! - 7000) < 300, JSON.stringify(counts))
  flags.serve('calm', 'quiet').kill('calm', 'quiet')
  assert.equal(flags.variant('calm', { actor: 'x' }), 'quiet')
})

test('flags of tests are cut where the compiler cuts them', async (t) => {
  const weights = { a: 1, b: 2.5, c: 0, d: 0.1, e: 7 }
  const flags = testFlags(t).variants('v', weights)
  const compiled = await Gonfalon.connect({
    ...quick,
    bootstrap: compile({ flags: [{ key: 'v', gates: [{ type: 'variant', variants: Object.entries(weights).map(([name, weight]) => ({ name, weight })) }] }] }),
  })
  for (let i = 0; i < 20_000; i++) assert.equal(flags.variant('v', { actor: `${i}` }), compiled.variant('v', { actor: `${i}` }))
  const many = testFlags(t)
  for (let i = 0; i < 300; i++) many.enable('v', { forActor: `user:${i}`, forGroup: `group:${i}` })
  assert.equal(many.enabled('v', { actor: 'user:299' }), true)
})

test('what a test is refused changes nothing, and is in no later change’s way', (t) => {
  const flags = testFlags(t).enable('a', { forActor: 'x' })
  for (const refused of [
    () => flags.enable('k'.repeat(2_000)),
    () => flags.variants('a', { v: -1, w: 3 }),
    () => flags.variants('a', { v: NaN }),
    () => flags.variants('a', { v: 0, w: 0 }),
    () => flags.variants('a', { v: 1e308, w: 1e308 }),
    () => flags.serve('a', 'v', 1n as unknown as Json),
  ]) {
    assert.throws(refused)
    assert.deepEqual(flags.decideAll({ actor: 'x' }).map(({ key, enabled, hasVariants }) => [key, enabled, hasVariants]), [['a', true, false]])
  }
  assert.ok(flags.enable('b').enabled('b'))
  assert.deepEqual(flags.clear('a').keys(), ['b'])
  assert.deepEqual(flags.clear().keys(), [])
})

test('a strict client refuses flags that the test has not written', (t) => {
  const flags = testFlags(t, { strict: true }).enable('a')
  assert.equal(flags.enabled('a'), true)
  assert.throws(() => flags.enabled('typo'), /"typo"/)
})

test('a change is an event in tests too', async (t) => {
  const flags = testFlags(t).enable('a')
  const changed = next(flags, 'change')
  flags.disable('a')
  assert.deepEqual((await changed).flags, ['a'])
})

test('overrides hold while a function runs, in all that it starts, and nowhere else', async (t) => {
  const flags = await Gonfalon.connect({ ...quick, bootstrap: compile(document) })
  t.after(() => flags.close())
  const app = async (): Promise<(boolean | string | undefined)[]> => {
    await new Promise((resolve) => setImmediate(resolve))
    return [flags.enabled('on'), flags.enabled('off'), flags.variant('hero', { actor: 'user:1' }), flags.enabled('new')]
  }
  const real = await app()
  const runs = await Promise.all([
    withFlags(flags, { on: false, new: true }, app),
    withFlags(flags, { off: (context) => context === undefined, hero: { variant: 'red', payload: 1 } }, async () => [
      await app(),
      await withFlags(flags, { off: false }, app),
      flags.decide('hero').value,
    ]),
    app(),
  ])
  assert.deepEqual(runs[0], [false, false, real[2], true])
  assert.deepEqual(runs[1], [[true, true, 'red', false], [true, false, 'red', false], 1])
  assert.deepEqual(runs[2], real)
  assert.deepEqual(await app(), real)
})
