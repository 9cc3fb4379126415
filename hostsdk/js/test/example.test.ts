import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { Plane } from './support/plane.ts'

test('the example answers by a flag, and by its change', async (t) => {
  const plane = await Plane.start(t)
  await plane.put({ key: 'new_checkout', gates: [{ type: 'group', target: 'staff', enabled: true }] } as { key: string })
  const example = spawn(process.execPath, ['examples/express/server.mjs'], {
    cwd: new URL('..', import.meta.url),
    env: { ...process.env, GONFALON_ENDPOINT: plane.endpoint, GONFALON_TOKEN: await plane.token('sdk'), PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(async () => {
    const exit = once(example, 'exit')
    example.kill('SIGTERM')
    assert.deepEqual(await exit, [0, null], 'it ends by itself when it is told to')
  })
  const lines = createInterface({ input: example.stdout })[Symbol.asyncIterator]()
  const line = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const { value, done } = await lines.next()
      assert.ok(!done, `the example ended before it said ${pattern}`)
      if (pattern.test(value)) return value
    }
  }
  const url = await line(/^http/)
  const ask = async (path: string, groups: string): Promise<unknown> => (await fetch(new URL(path, url), { headers: { 'X-User': 'user:3', 'X-Groups': groups } })).json()
  assert.deepEqual(await ask('/checkout', 'staff'), { checkout: 'new' })
  assert.deepEqual(await ask('/checkout', 'guests'), { checkout: 'old' })
  assert.deepEqual(await ask('/flags', 'staff'), { new_checkout: true })
  const why = (await ask('/why/new_checkout', 'staff')) as { decision: { path: string } }
  assert.equal(why.decision.path, 'group/staff')
  await plane.api('POST', '/envs/default/flags/new_checkout/enable', {})
  await line(/new_checkout/)
  assert.deepEqual(await ask('/checkout', 'guests'), { checkout: 'new' })
})
