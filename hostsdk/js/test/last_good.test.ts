import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test, type TestContext } from 'node:test'
import { Fake } from './support/fake.ts'
import { folder } from './support/folder.ts'
import { Gonfalon, type Options } from './support/sdk.ts'
import { boolean, compile, delta, lineageB } from './support/snapshots.ts'
import { Log, next, quick } from './support/wait.ts'


/** Of one lineage unless they say otherwise; `f` is on in the odd ones. */
let one: Uint8Array, two: Uint8Array, three: Uint8Array, restored: Uint8Array, elsewhere: Uint8Array

before(() => {
  one = compile({ flags: [boolean('f'), boolean('gone')] }, { revision: 1 })
  two = compile({ flags: [boolean('f', false), boolean('g')] }, { revision: 2 })
  three = compile({ flags: [boolean('f'), boolean('g')] }, { revision: 3 })
  restored = compile({ flags: [boolean('f', false)] }, { revision: 1, lineage: lineageB })
  elsewhere = compile({ flags: [boolean('f')] }, { revision: 9, env: 'staging' })
})

async function connect(t: TestContext, options: Options): Promise<Gonfalon> {
  const flags = await Gonfalon.connect({ ...quick, ...options })
  t.after(() => flags.close())
  return flags
}

test('the last good snapshot survives a restart while the server is down', async (t) => {
  const path = join(folder(t), 'deep', 'flags')
  const fake = await Fake.start(t)
  fake.snapshot = one
  const first = await connect(t, { endpoint: fake.endpoint, lastGood: path })
  fake.send('delta', delta(one, two))
  await next(first, 'change')
  await first.close()
  assert.deepEqual(new Uint8Array(readFileSync(path)), two)
  assert.deepEqual(readdirSync(join(path, '..')), ['flags'])

  await fake.stop()
  const second = await connect(t, { endpoint: fake.endpoint, lastGood: path })
  assert.equal(second.state, 'STALE')
  assert.equal(second.stats.info?.revision, 2)
  assert.equal(second.enabled('g'), true)
})

test('of bootstrap and last good the right one serves', async (t) => {
  const path = join(folder(t), 'flags')
  const serving = async (bootstrap: Uint8Array, lastGood: Uint8Array): Promise<Uint8Array> => {
    writeFileSync(path, lastGood)
    return (await connect(t, { bootstrap, lastGood: path })).snapshot()!
  }
  assert.deepEqual(await serving(one, two), two)
  assert.deepEqual(await serving(three, two), three)
  assert.deepEqual(await serving(three, restored), restored)
  assert.deepEqual(await serving(one, two.slice(0, -1)), one)
  assert.deepEqual(await serving(one, elsewhere), one)
})

test('a last good snapshot that cannot be written harms nothing', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = one
  const path = folder(t)
  const flags = await connect(t, { endpoint: fake.endpoint, lastGood: path }) // a folder
  assert.equal(flags.enabled('f'), true)
  await flags.close()
  assert.deepEqual(readdirSync(path), [])
})

test('what is no regular file is no last good snapshot, and is not waited for', async (t) => {
  const pipe = join(folder(t), 'pipe')
  execFileSync('mkfifo', [pipe])
  for (const lastGood of [pipe, '/dev/zero']) {
    const logger = new Log()
    const flags = await connect(t, { bootstrap: one, lastGood, logger })
    assert.equal(flags.enabled('f'), true)
    assert.match(logger.warnings.join(), /can't be read/)
  }
})

test('a link stays one, and the file that it names is replaced', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = one
  const place = folder(t)
  const lastGood = join(place, 'link')
  writeFileSync(join(place, 'flags'), one)
  symlinkSync('flags', lastGood)
  const flags = await connect(t, { endpoint: fake.endpoint, lastGood })
  fake.send('delta', delta(one, two))
  await next(flags, 'change')
  await flags.close()
  assert.ok(lstatSync(lastGood).isSymbolicLink())
  assert.deepEqual(new Uint8Array(readFileSync(join(place, 'flags'))), two)
})

test('what killed processes have left half written is deleted, and nothing else', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = one
  const place = folder(t)
  const old = ['flags.12.ab3.new', 'flags.snapshot', 'flags.x.new', 'other.12.ab3.new']
  for (const name of [...old, 'flags.13.ab3.new']) writeFileSync(join(place, name), '')
  for (const name of old) utimesSync(join(place, name), 0, 0)
  await (await connect(t, { endpoint: fake.endpoint, lastGood: join(place, 'flags') })).close()
  assert.deepEqual(readdirSync(place).sort(), ['flags', 'flags.13.ab3.new', 'flags.snapshot', 'flags.x.new', 'other.12.ab3.new'])
})

test('what is no regular file stays what it is, and nothing waits for it', { timeout: 20_000 }, async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = one
  const place = folder(t)
  const places = { pipe: join(place, 'pipe'), folder: join(place, 'folder'), link: join(place, 'link') }
  execFileSync('mkfifo', [places.pipe])
  mkdirSync(places.folder)
  symlinkSync(places.pipe, places.link)
  for (const [what, path] of Object.entries(places)) {
    const before = lstatSync(path)
    const logger = new Log()
    const flags = await connect(t, { endpoint: fake.endpoint, lastGood: path, logger })
    fake.send('delta', delta(one, two))
    await next(flags, 'change')
    await flags.close()
    assert.deepEqual([lstatSync(path).mode, lstatSync(path).ino], [before.mode, before.ino], what)
    assert.match(logger.warnings.join(), /can't be read.*can't be written/s, what)
  }
  assert.deepEqual(readdirSync(place).sort(), ['folder', 'link', 'pipe'])
})
