import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { Flags } from '../src/flags.ts'
import { RemoteFlags } from '../src/remote/remote.ts'
import { document } from './support/flags.ts'
import { Plane } from './support/plane.ts'
import { unused } from './support/port.ts'
import { Gonfalon } from './support/sdk.ts'
import { boolean, compile, type Document } from './support/snapshots.ts'
import { next, quick } from './support/wait.ts'

/** Waits until a client is at a revision, or past it. */
async function at(flags: Gonfalon, revision: number): Promise<void> {
  while ((flags.stats.info?.revision ?? 0) < revision) await next(flags, 'change')
}

const revisionOf = (answer: unknown): number => (answer as { revision: number }).revision

test('a change reaches a client as a delta, without a question', async (t) => {
  const plane = await Plane.start(t)
  await plane.put({ key: 'f', gates: [{ type: 'boolean', enabled: false }] } as { key: string })
  const flags = await Gonfalon.connect({ ...quick, endpoint: plane.endpoint, token: await plane.token('sdk') })
  t.after(() => flags.close())
  assert.equal(flags.state, 'READY')
  assert.equal(flags.enabled('f'), false)

  await at(flags, revisionOf(await plane.api('POST', '/envs/default/flags/f/enable', {})))
  assert.equal(flags.enabled('f'), true)
  const changed = next(flags, 'change')
  await plane.api('POST', '/envs/default/flags/f/kill', {})
  assert.deepEqual((await changed).flags, ['f'])
  assert.equal(flags.enabled('f', { default: true }), false)
  assert.equal(flags.stats.refused, 0)
})

test('a client lives through a restart of the server, and takes what has changed', { timeout: 60_000 }, async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'gonfalon-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  const args = ['--data-dir', data]
  const port = await unused()
  const plane = await Plane.start(t, { port, args })
  await plane.put({ key: 'f', gates: [] } as { key: string })
  const token = await plane.token('sdk')
  const lastGood = join(data, 'last-good')
  const flags = await Gonfalon.connect({ ...quick, endpoint: plane.endpoint, token, lastGood, grace: 0 })
  t.after(() => flags.close())
  const stale = next(flags, 'stale')
  await plane.stop('SIGKILL')
  await stale
  assert.equal(flags.enabled('f'), false)
  assert.equal(flags.decide('f').known, true)

  // Another process that starts while the server is down begins with what was kept; writing that never makes a client wait.
  while (!existsSync(lastGood)) await sleep(10)
  const second = await Gonfalon.connect({ ...quick, endpoint: plane.endpoint, token, lastGood, readyWithin: 10_000 })
  t.after(() => second.close())
  assert.equal(second.state, 'STALE')
  assert.equal(second.decide('f').known, true)

  const again = await Plane.start(t, { port, args })
  const revision = revisionOf(await again.api('POST', '/envs/default/flags/f/enable', {}))
  await Promise.all([at(flags, revision), at(second, revision)])
  assert.equal(flags.enabled('f'), true)
  assert.equal(second.enabled('f'), true)
  assert.equal(flags.state, 'READY')
})

test('polling, a wrong token, a client token', async (t) => {
  const plane = await Plane.start(t)
  await plane.put({ key: 'f', gates: [{ type: 'boolean', enabled: true }] } as { key: string })
  const options = { ...quick, endpoint: plane.endpoint }
  const polling = await Gonfalon.connect({ ...options, token: await plane.token('sdk'), source: 'poll', pollInterval: 20 })
  t.after(() => polling.close())
  assert.equal(polling.enabled('f'), true)
  await at(polling, revisionOf(await plane.api('POST', '/envs/default/flags/f/disable', {})))
  assert.equal(polling.enabled('f'), false)
  for (const token of ['wrong', await plane.token('client')]) {
    const refused = await Gonfalon.connect({ ...options, token })
    t.after(() => refused.close())
    assert.equal(refused.state, 'ERROR', 'rules never reach who may not read them')
  }
})

test('usage reaches the control plane', async (t) => {
  const plane = await Plane.start(t)
  await plane.put({ key: 'f', gates: [] } as { key: string })
  const flags = await Gonfalon.connect({ endpoint: plane.endpoint, token: await plane.token('sdk') })
  for (let i = 0; i < 5; i++) flags.enabled('f')
  await flags.close()
  const { evaluations } = (await plane.api('GET', '/envs/default/flags/f')) as { evaluations: number }
  assert.equal(evaluations, 5)
})

test('worker threads have clients of their own, and share the compiled engine', async (t) => {
  const plane = await Plane.start(t)
  await plane.put({ key: 'f', gates: [{ type: 'percentage_of_actors', ratio: 0.5 }] } as { key: string })
  const workerData = { endpoint: plane.endpoint, token: await plane.token('sdk'), module: await Gonfalon.module() }
  const code = `
    import { parentPort, workerData } from 'node:worker_threads'
    import { Gonfalon } from '@gonfalon/sdk'
    const flags = await Gonfalon.connect(workerData)
    parentPort.postMessage(Array.from({ length: 100 }, (_, i) => flags.enabled('f', { actor: 'user:' + i })))
    await flags.close()`
  const answers = await Promise.all(
    [1, 2, 3].map(
      () =>
        new Promise((resolve, reject) => {
          const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code.replace("'@gonfalon/sdk'", JSON.stringify(import.meta.resolve('@gonfalon/sdk'))))}`), { workerData })
          worker.once('message', resolve)
          worker.once('error', reject)
        }),
    ),
  )
  const flags = await Gonfalon.connect({ ...quick, ...workerData })
  t.after(() => flags.close())
  const here = Array.from({ length: 100 }, (_, i) => flags.enabled('f', { actor: `user:${i}` }))
  for (const answer of answers) assert.deepEqual(answer, here)
  assert.ok(here.includes(true) && here.includes(false))
})

test('what is decided remotely is what is decided here', async (t) => {
  const plane = await Plane.start(t)
  for (const segment of document.segments as { key: string }[]) await plane.api('PUT', `/envs/default/segments/${segment.key}`, segment)
  for (const flag of document.flags as { key: string }[]) if (flag.key !== 'sometimes') await plane.put(flag)
  const local = await Gonfalon.connect({ ...quick, endpoint: plane.endpoint, token: await plane.token('sdk') })
  t.after(() => local.close())
  const contexts = [
    { actor: 'user:7' },
    { actor: 'user:1', groups: ['staff', 'équipe'] },
    { groups: ['staff'] },
    { actor: 'user:3', attributes: { plan: 'pro', age: 18.5, at: new Date(0), list: [1, 'a', null, { b: 2n ** 70n }] } },
    { actor: 'user:4', attributes: { plan: 'pro', age: 2n ** 70n } },
    {},
  ]
  const options = { endpoint: plane.endpoint, token: await plane.token('client'), storage: false as const, logger: quick.logger }
  for (const context of contexts) {
    const remote = new RemoteFlags({ ...options, context })
    t.after(() => remote.close())
    await remote.start()
    assert.equal(remote.state, 'READY')
    for (const { key } of document.flags as { key: string }[]) {
      if (key === 'sometimes') continue
      const answers = (flags: Flags): unknown => {
        const { enabled, variant, payload, value, reason, gate, killed, known, revision } = flags.decide(key, context)
        // Without an actor, a flag with variants is not decided remotely: only that its value is the caller's default is known.
        return value === undefined ? { value, killed } : { enabled, variant, payload, value, reason, gate, killed, known, revision }
      }
      assert.deepEqual(answers(remote), answers(local), `${key} for ${String(context.actor)}`)
    }
  }
})

test('a page follows changes by the stream of events, and changes who asks', async (t) => {
  const plane = await Plane.start(t)
  await plane.put({ key: 'f', gates: [{ type: 'actor', target: 'user:7', enabled: true }] } as { key: string })
  const remote = new RemoteFlags({ endpoint: plane.endpoint, token: await plane.token('client'), context: { actor: 'user:7' }, storage: false })
  t.after(() => remote.close())
  await remote.start()
  assert.equal(remote.enabled('f'), true)
  await remote.setContext({ actor: 'user:8' })
  assert.equal(remote.enabled('f'), false)
  const changed = next(remote, 'change')
  await plane.api('POST', '/envs/default/flags/f/enable', { for_actor: 'user:8' })
  assert.deepEqual((await changed).flags, ['f'])
  assert.equal(remote.enabled('f'), true)
})

test('a host that is ahead of the real control plane gets its kill', async (t) => {
  const plane = await Plane.start(t)
  await plane.put({ key: 'f', gates: [{ type: 'boolean', enabled: true }] } as { key: string })
  const token = await plane.token('sdk')
  const known = await Gonfalon.connect({ ...quick, endpoint: plane.endpoint, token })
  t.after(() => known.close())
  const killed = revisionOf(await plane.api('POST', '/envs/default/flags/f/kill', {}))
  await known.waitFor(killed)
  const on: Document = { flags: [boolean('f')] }
  for (const source of ['stream', 'poll'] as const) {
    // A revision that never was, the same one with other flags, and one at the end of all numbers.
    for (const revision of [1_000, killed, '9223372036854775807']) {
      const bootstrap = compile(on, { revision, lineage: known.info!.lineage })
      const flags = await Gonfalon.connect({ ...quick, endpoint: plane.endpoint, token, source, bootstrap, pollInterval: 20 })
      t.after(() => flags.close())
      while (flags.info?.id !== known.info!.id) await next(flags, 'change')
      assert.deepEqual([flags.info?.id, flags.decide('f').killed], [known.info!.id, true], `${source} ${revision}`)
    }
  }
})
