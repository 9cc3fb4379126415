import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test, type TestContext } from 'node:test'
import { folder } from './support/folder.ts'
import { file, Gonfalon, LoadError, type Options, type Source } from './support/sdk.ts'
import { boolean, compile } from './support/snapshots.ts'
import { next, quick } from './support/wait.ts'


let one: Uint8Array, two: Uint8Array, three: Uint8Array

before(() => {
  one = compile({ flags: [boolean('f'), boolean('gone')] }, { revision: 1 })
  two = compile({ flags: [boolean('f', false), boolean('g')] }, { revision: 2 })
  three = compile({ flags: [boolean('f'), boolean('g')] }, { revision: 3 })
})

async function connect(t: TestContext, options: Options): Promise<Gonfalon> {
  const flags = await Gonfalon.connect({ ...quick, ...options })
  t.after(() => flags.close())
  return flags
}

test('a file that is larger than a snapshot may be is not read to its end', async (t) => {
  const path = join(folder(t), 'flags')
  writeFileSync(path, one)
  truncateSync(path, 2 ** 40)
  await assert.rejects(connect(t, { bootstrap: path }), LoadError)
  const flags = await connect(t, { lastGood: path, bootstrap: one })
  assert.equal(flags.enabled('f'), true)
})

test('a file is a source, and so is anything that can take frames', async (t) => {
  const path = join(folder(t), 'flags.snapshot')
  writeFileSync(path, one)
  const fromFile = await connect(t, { source: file(path, 10) })
  assert.equal(fromFile.enabled('f'), true)
  const changed = next(fromFile, 'change')
  writeFileSync(path, two)
  assert.equal((await changed).revision, 2)

  const own: Source = { run: async (feed) => feed.take(three) }
  const fromOwn = await connect(t, { source: own })
  assert.equal(fromOwn.state, 'READY')
  assert.equal(fromOwn.enabled('f'), true)
})

test('whatever takes the place of a file that is followed, the client goes on with what it had, and takes what comes after', { timeout: 60_000 }, async (t) => {
  const path = join(folder(t), 'flags.snapshot')
  const put = (bytes: Uint8Array): void => {
    writeFileSync(`${path}.new`, bytes)
    renameSync(`${path}.new`, path)
  }
  put(one)
  const held = setInterval(() => {}, 60_000) // a client's own timers keep no program running
  t.after(() => clearInterval(held))
  // A source that tells that it was lost, and begins again at once.
  let lost = (): void => {}
  const source: Source = {
    async run(feed, signal) {
      while (!signal.aborted) {
        await file(path, 1).run(feed, signal).catch(() => lost())
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    },
  }
  const flags = await connect(t, { source })
  const spoil: Record<string, () => void> = {
    gone: () => rmSync(path),
    truncated: () => truncateSync(path, 20),
    empty: () => truncateSync(path, 0),
    endless: () => truncateSync(path, 2 ** 40),
    pipe: () => (rmSync(path), execFileSync('mkfifo', [path])),
    folder: () => (rmSync(path), mkdirSync(path)),
    'link to itself': () => (rmSync(path), symlinkSync(path, path)),
  }
  let revision = 1
  for (const [what, how] of Object.entries(spoil)) {
    const noticed = new Promise<void>((resolve) => (lost = resolve))
    how()
    await noticed
    assert.equal(flags.enabled('f'), true, what)
    rmSync(path, { recursive: true, force: true })
    put(compile({ flags: [boolean('f')] }, { revision: ++revision }))
    await flags.waitFor(revision, 10_000)
  }
})
