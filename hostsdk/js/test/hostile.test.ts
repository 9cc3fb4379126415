import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, test, type TestContext } from 'node:test'
import { contract } from '../scripts/gonfalon.mjs'
import { folder } from './support/folder.ts'
import { Gonfalon, LaterError, RefusedError, poll, type Options } from './support/sdk.ts'
import { quick } from './support/wait.ts'

/** A way in which a server misbehaves, and what a client must be after it: see hostsdk/contract. */
interface Hostile {
  readonly name: string
  readonly about: string
  readonly sources: readonly ('stream' | 'poll')[]
  readonly states: readonly string[]
  readonly within_seconds: number
  readonly memory_mb: number
  readonly mended_within_seconds: number
}

const cases = JSON.parse(execFileSync(contract, ['hostile'], { encoding: 'utf8' })) as Hostile[]
const secured = (given: Hostile): boolean => given.name.startsWith('certificate-')
const sources: Record<'stream' | 'poll', Options> = { stream: {}, poll: { source: poll(50) } }

test('there are cases', () => assert.ok(cases.length > 40))

// They wait for most of their time.
describe('a client of a server that misbehaves', { concurrency: 2 }, () => {
  for (const given of cases) {
    for (const source of given.sources) {
      test(`${given.name}, ${source}: ${given.about}`, { timeout: 60_000 }, async (t) => {
        const authority = join(folder(t), 'CA.pem')
        const url = await start(t, given.name, authority)
        if (secured(given)) return meetSecured(t, given, source, url, authority)
        const before = process.memoryUsage().rss
        const flags = await Gonfalon.connect({ ...quick, ...sources[source], endpoint: url, token: 'token', readyWithin: 0 })
        t.after(() => flags.close())
        await meet(flags, given)
        await post(url, 'check')
        assert.ok((process.memoryUsage().rss - before) >> 20 < given.memory_mb, `${(process.memoryUsage().rss - before) >> 20} MB`)
        // Who refuses, or wants to be left alone, is left alone for longer than a test may take.
        const { lastError } = flags.stats
        if (given.mended_within_seconds === 0 || lastError instanceof RefusedError || (lastError instanceof LaterError && lastError.after > 1_000)) return
        await post(url, 'mend')
        await until(given.mended_within_seconds, () => flags.state === 'READY')
        assert.equal(flags.enabled('a'), true, flags.state)
      })
    }
  }
})

/** Starts the server of a case, and returns its address. */
async function start(t: TestContext, name: string, authority: string): Promise<string> {
  const child = spawn(contract, ['hostile', name, authority], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(async () => {
    child.stdin.end()
    await once(child, 'close')
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return line
}

async function meet(flags: Gonfalon, given: Hostile): Promise<void> {
  const { states } = given
  // A client that has met nothing yet is NOT_READY too: it has failed, or hangs for longer than that takes.
  const patience = Date.now() + 2_000
  const settled = (): boolean => !states.includes('NOT_READY') || flags.stats.lost > 0 || flags.state === 'ERROR' || Date.now() > patience
  await until(given.within_seconds, () => states.includes(flags.state) && settled())
  assert.ok(states.includes(flags.state), `${flags.state}: ${String(flags.stats.lastError)}`)
  assert.equal(flags.enabled('a'), flags.state === 'READY' || flags.state === 'STALE')
}

/** Node reads whom to trust when it starts. */
async function meetSecured(t: TestContext, given: Hostile, source: string, url: string, authority: string): Promise<void> {
  const program = `import { Gonfalon, poll } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
    const source = ${JSON.stringify(source)} === 'poll' ? poll(50) : 'stream'
    const flags = await Gonfalon.connect({ endpoint: ${JSON.stringify(url)}, source, token: 'token', readyWithin: 0, logger: { info() {}, warn() {} } })
    while (flags.state === 'NOT_READY' && flags.stats.lastError === undefined) await new Promise((resolve) => setTimeout(resolve, 10))
    console.log(JSON.stringify({ state: flags.state, on: flags.enabled('a'), error: String(flags.stats.lastError?.cause ?? '') }))
    await flags.close()`
  const args = ['--import', 'tsx', '--input-type=module', '-e', program]
  const env = { ...process.env, ...(given.about.includes('The client trusts') && { NODE_EXTRA_CA_CERTS: authority }) }
  const child = spawn(process.execPath, args, { cwd: new URL('..', import.meta.url).pathname, env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  child.stdout.on('data', (data) => (said += String(data)))
  await once(child, 'close')
  const { state, on, error } = JSON.parse(said) as { state: string; on: boolean; error: string }
  assert.ok(given.states.includes(state), said)
  assert.equal(on, state === 'READY')
  if (!on) assert.match(error, /certificate|altnames/i)
}

async function post(url: string, verb: string): Promise<void> {
  const response = await fetch(`${url}/hostile/${verb}`, { method: 'POST' })
  assert.ok(response.ok, await response.text())
}

async function until(seconds: number, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + seconds * 1_000
  while (!holds() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10))
}
