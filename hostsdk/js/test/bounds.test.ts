import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gonfalon, resolve } from './support/sdk.ts'
import { attributesOf, valueOf } from './support/typed.ts'
import { bounds, values } from './support/values.ts'
import { quick } from './support/wait.ts'

const connect = () => Gonfalon.connect({ ...quick, bootstrap: Buffer.from(values.snapshot, 'base64') })

for (const c of bounds.cases) {
  test(c.about, async (t) => {
    const flags = await connect()
    t.after(() => flags.close())
    const attributes = attributesOf(c) as Record<string, unknown>
    for (let i = 0; i < (c.more_attributes ?? 0); i++) attributes[`more ${i}`] = 0
    const context = { actor: valueOf(c.actor), groups: valueOf(c.groups), attributes } as never
    const { enabled, reason, gate, error } = c.want
    const { unreadable } = flags.stats
    for (const asked of [context, flags.context(context)]) {
      for (const d of [flags.decide(c.flag, asked), flags.decideAll(asked, [c.flag])[0]!]) {
        assert.deepEqual([d.enabled, d.reason, d.path ?? '', resolve(d).error], [enabled, reason, gate, error])
      }
      assert.equal(flags.enabled(c.flag, asked), enabled)
    }
    if (error === 'INVALID_CONTEXT') assert.ok(flags.stats.unreadable >= unreadable + 6)
    assert.equal(flags.stats.broken, 0)
  })
}

for (const { about, count, decisions } of bounds.keys) {
  test(about, async (t) => {
    const flags = await connect()
    t.after(() => flags.close())
    const keys = Array<string>(count).fill('who')
    for (const list of [keys, new Set([...keys.keys()].map(String)) as never]) assert.equal(flags.decideAll(undefined, list).length, decisions)
    assert.equal(flags.stats.broken, decisions === 0 ? 2 : 0)
  })
}
