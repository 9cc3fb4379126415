import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEvents } from '../src/source/events.ts'

/** Reads a stream that comes in these pieces, over and over. */
function read(pieces: readonly string[], times = 1): Promise<string[]> {
  let sent = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent === pieces.length * times) controller.close()
      else controller.enqueue(new TextEncoder().encode(pieces[sent++ % pieces.length]))
    },
  })
  const response = new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
  const events: string[] = []
  return readEvents(response, 1 << 26, { heard() {} }, ({ data }) => void events.push(data)).then(() => events)
}

test('an event of endless lines ends the stream, however they end', async () => {
  for (const lines of [['data:x\n'.repeat(100)], ['data:x\r'.repeat(100)], ['data:x\r\n'], ['data:x\r', '\n'], [':a comment\ndata:x\n'], ['id:1\n']]) {
    await assert.rejects(read(lines, 2_000), /more than 1000 lines/, JSON.stringify(lines))
  }
})

test('any number of short events and comments is read', async () => {
  for (const end of ['\n', '\r', '\r\n']) {
    assert.equal((await read([`data:x${end}${end}`, `:${end}${end}`], 5_000)).length, 5_000, JSON.stringify(end))
  }
  assert.deepEqual(await read(['data: a\r', '\n\r', '\ndata: b\n\n']), ['a', 'b'])
})
