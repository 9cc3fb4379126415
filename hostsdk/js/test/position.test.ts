import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { Fake, hex, message } from './support/fake.ts'
import { folder } from './support/folder.ts'
import { Gonfalon } from './support/sdk.ts'
import { compile, delta, lineageA } from './support/snapshots.ts'
import { next, quick } from './support/wait.ts'

const flag = (killed: boolean): object => ({ key: 'f', killed, gates: [{ type: 'boolean', enabled: true }] })

/** `forged` is of a revision that the control plane never reached; the kill is far below it. */
let forged: Uint8Array, killed: Uint8Array, forgedPosition: string
before(() => {
  forged = compile({ flags: [flag(false)] }, { revision: 1_000 })
  killed = compile({ flags: [flag(true)] }, { revision: 7 })
  forgedPosition = `${lineageA}-1000-${hex(forged.slice(-32))}`
})

/** A control plane that says what takes the place of what, and of what it is asked. */
function superseding(request: IncomingMessage, response: ServerResponse): void {
  const position = request.headers['last-event-id'] ?? request.headers['x-gonfalon-position']
  if (position === forgedPosition) response.setHeader('X-Gonfalon-Supersedes', forgedPosition)
}

for (const source of ['stream', 'poll'] as const) {
  test(`a host that is ahead of the control plane takes its kill: ${source}`, async (t) => {
    const path = join(folder(t), 'flags')
    writeFileSync(path, forged)
    const fake = await Fake.start(t)
    fake.snapshot = killed
    fake.intercept = (request, response) => (superseding(request, response), false)
    const flags = await Gonfalon.connect({ ...quick, endpoint: fake.endpoint, source, lastGood: path, pollInterval: 20 })
    t.after(() => flags.close())
    assert.deepEqual([flags.state, flags.info?.revision, flags.enabled('f')], ['READY', 7, false])
    assert.equal(flags.stats.refused, 0)
  })
}

test('only the first snapshot of a stream supersedes, and only what was named', async (t) => {
  const fake = await Fake.start(t)
  fake.first = () => message('snapshot', killed)
  fake.intercept = (request, response) => (superseding(request, response), false)
  const flags = await Gonfalon.connect({ ...quick, endpoint: fake.endpoint, bootstrap: forged })
  t.after(() => flags.close())
  assert.equal(flags.info?.revision, 7)
  fake.send('snapshot', compile({ flags: [flag(false)] }, { revision: 6 }))
  const changed = next(flags, 'change')
  fake.send('delta', delta(killed, compile({ flags: [flag(false)] }, { revision: 8 })))
  assert.equal((await changed).revision, 8)
  assert.equal(flags.stats.refused, 1)

  const other = await Gonfalon.connect({ ...quick, endpoint: fake.endpoint, bootstrap: compile({ flags: [flag(false)] }, { revision: 1_001 }) })
  t.after(() => other.close())
  assert.deepEqual([other.info?.revision, other.stats.refused], [1_001, 1], 'a replica that is behind is no reason to go back')
})

for (const [wish, after] of [['0', 0], ['1', 1], ['2000', 2_000], ['99999999', 300_000]] as const) {
  test(`what the server wants is bounded: ${wish} ms`, async (t) => {
    const fake = await Fake.start(t)
    fake.snapshot = killed
    fake.first = () => `retry: ${wish}\n\n${message('snapshot', killed)}`
    const flags = await Gonfalon.connect({ ...quick, endpoint: fake.endpoint, grace: 10 })
    t.after(() => flags.close())
    const ended = performance.now()
    fake.drop()
    await next(flags, 'stale')
    assert.equal((flags.stats.lastError as Error & { after?: number }).after ?? 0, after)
    if (after > 1_000) return
    await fake.streaming() // it comes back, but not at once
    assert.ok(performance.now() - ended > 240, `it came back after ${performance.now() - ended} ms`)
  })
}

test('the server says how long to wait before the next connection', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = killed
  fake.first = () => `retry: 60000\n\n${message('snapshot', killed)}`
  const flags = await Gonfalon.connect({ ...quick, endpoint: fake.endpoint, grace: 10 })
  t.after(() => flags.close())
  fake.drop()
  await next(flags, 'stale')
  assert.equal((flags.stats.lastError as Error & { after: number }).after, 60_000)
})
