import assert from 'node:assert/strict'
import { before, test, type TestContext } from 'node:test'
import { Fake, hex, message } from './support/fake.ts'
import { file, FrameError, Gonfalon, LoadError, type Options } from './support/sdk.ts'
import { boolean, compile, delta, lineageA, lineageB } from './support/snapshots.ts'
import { Log, next, quick } from './support/wait.ts'

/** Of one lineage unless they say otherwise; `f` is on in the odd ones. */
let one: Uint8Array, two: Uint8Array, three: Uint8Array, restored: Uint8Array, elsewhere: Uint8Array, otherThree: Uint8Array

before(() => {
  one = compile({ flags: [boolean('f'), boolean('gone')] }, { revision: 1 })
  two = compile({ flags: [boolean('f', false), boolean('g')] }, { revision: 2 })
  three = compile({ flags: [boolean('f'), boolean('g')] }, { revision: 3 })
  otherThree = compile({ flags: [boolean('f', false), boolean('g')] }, { revision: 3 })
  restored = compile({ flags: [boolean('f', false)] }, { revision: 1, lineage: lineageB })
  elsewhere = compile({ flags: [boolean('f')] }, { revision: 9, env: 'staging' })
})

async function connect(t: TestContext, options: Options): Promise<Gonfalon> {
  const flags = await Gonfalon.connect({ ...quick, ...options })
  t.after(() => flags.close())
  return flags
}

test('what would never rest is refused', async () => {
  const endpoint = 'http://127.0.0.1:1'
  for (const none of [0, -1, NaN, 'soon' as unknown as number]) {
    for (const [name, options] of Object.entries<Options>({
      pollInterval: { endpoint, source: 'poll', pollInterval: none },
      usage: { endpoint, usage: none },
    })) {
      await assert.rejects(Gonfalon.connect({ ...quick, ...options }), { name: 'TypeError', message: `gonfalon: ${name} is "${none}"; it must be above zero` })
    }
    assert.throws(() => file('flags.snapshot', none), /above zero/)
  }
})

test('a stream brings the snapshot, then each change', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = one
  const flags = await connect(t, { endpoint: fake.endpoint, token: 'secret' })
  assert.equal(flags.state, 'READY')
  assert.equal(flags.enabled('f'), true)
  assert.equal(fake.requests[0]!.url, '/v1/envs/default/stream?formats=1')
  assert.equal(fake.requests[0]!.headers.authorization, 'Bearer secret')
  assert.equal(fake.requests[0]!.headers['last-event-id'], undefined)

  const changed = next(flags, 'change')
  fake.send('delta', delta(one, two), `${lineageA}-2`)
  assert.deepEqual({ ...(await changed), info: undefined }, { flags: ['f', 'g', 'gone'], segments: [], revision: 2, lineageChanged: false, info: undefined })
  assert.equal(flags.enabled('f'), false)
  assert.equal(flags.stats.info?.revision, 2)
  assert.equal(flags.stats.taken, 2)
  assert.deepEqual(flags.snapshot(), two)
})

test('a lost stream resumes where it was, and is no event', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = one
  const flags = await connect(t, { endpoint: fake.endpoint })
  const states: string[] = []
  for (const event of ['ready', 'stale', 'error'] as const) flags.on(event, ({ state }) => states.push(state))
  fake.first = () => message('heartbeat', '')
  fake.drop()
  await fake.asked('/v1/envs/default/stream?formats=1', 2)
  assert.equal(fake.requests.at(-1)!.headers['last-event-id'], `${lineageA}-1-${hex(one.slice(-32))}`)
  await fake.streaming()
  fake.send('delta', delta(one, two))
  await next(flags, 'change')
  assert.deepEqual(states, [])
  assert.equal(flags.stats.lost, 1)
})

test('a client that resumes is ready although nothing is new', async (t) => {
  const fake = await Fake.start(t)
  fake.first = () => ':\n\n'
  const flags = await connect(t, { endpoint: fake.endpoint, bootstrap: one })
  assert.equal(fake.requests[0]!.headers['last-event-id'], `${lineageA}-1-${hex(one.slice(-32))}`)
  assert.equal(flags.state, 'READY')
})

test('a stream that is away makes stale after the grace, and ready again', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = one
  const flags = await connect(t, { endpoint: fake.endpoint, grace: 20 })
  fake.intercept = (_, response) => Boolean(response.destroy())
  const stale = next(flags, 'stale')
  fake.drop()
  const event = await stale
  assert.equal(event.previous, 'READY')
  assert.ok(event.error instanceof Error)
  assert.equal(flags.enabled('f'), true)
  fake.intercept = undefined
  await next(flags, 'ready')
  assert.equal(flags.stats.lastError, undefined)
})

test('silence beyond the time to live makes stale', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = one
  const flags = await connect(t, { endpoint: fake.endpoint, ttl: 300 })
  if (flags.state !== 'STALE') await next(flags, 'stale') // which a busy machine may be past here
  assert.ok(flags.stats.age! >= 300)
  const ready = next(flags, 'ready')
  fake.send('heartbeat')
  await ready
  assert.equal((await next(flags, 'stale')).previous, 'READY')
})

test('what cannot be taken changes nothing, and is counted', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = two
  const flags = await connect(t, { endpoint: fake.endpoint })
  const broken = three.slice()
  broken[60]! ^= 1
  const refused: [string, Uint8Array | string][] = [
    ['snapshot', one],
    ['snapshot', elsewhere],
    ['snapshot', compile({ flags: [boolean('other')] }, { revision: 2 })],
    ['snapshot', broken],
    ['snapshot', '!!!'],
    ['snapshot', ''],
    ['delta', delta(one, three)],
    ['delta', delta(two, three).slice(0, -1)],
  ]
  for (const [i, [event, data]] of refused.entries()) {
    fake.send(event, data)
    // A frame that is well formed but old needs no other; one that is broken is mended by a whole snapshot.
    while (flags.stats.refused < i + 1) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(flags.stats.info?.revision, 2)
    assert.equal(flags.enabled('g'), true)
    assert.equal(flags.state, 'READY')
  }
  fake.send('nonsense', 'of a later version')
  const changed = next(flags, 'change')
  fake.send('delta', delta(two, three))
  await changed
  assert.equal(flags.stats.refused, refused.length)
  assert.equal(flags.enabled('f'), true)
  assert.equal(fake.count('/v1/envs/default/stream?formats=1'), 1)
})

test('a delta for another snapshot is mended by a whole one, and the stream goes on', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = one
  const flags = await connect(t, { endpoint: fake.endpoint })
  fake.snapshot = three
  const changed = next(flags, 'change')
  fake.send('delta', delta(two, three), `${lineageA}-3`)
  assert.equal((await changed).revision, 3)
  assert.equal(fake.count('/v1/envs/default/snapshot?formats=1'), 1)
  fake.send('delta', delta(two, otherThree), `${lineageA}-3`) // what was fetched already
  const four = compile({ flags: [] }, { revision: 4 })
  fake.send('delta', delta(three, four), `${lineageA}-4`)
  assert.equal((await next(flags, 'change')).revision, 4)
  assert.equal(fake.count('/v1/envs/default/snapshot?formats=1'), 1)
})

test('another lineage is taken at once, and said', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = three
  const flags = await connect(t, { endpoint: fake.endpoint })
  const changed = next(flags, 'change')
  fake.send('snapshot', restored)
  const event = await changed
  assert.equal(event.lineageChanged, true)
  assert.equal(event.revision, 1)
  assert.equal(flags.enabled('f'), false)
})

test('polling asks with the entity tag', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = one
  const flags = await connect(t, { endpoint: fake.endpoint, source: 'poll', pollInterval: 10 })
  await fake.asked('/v1/envs/default/snapshot?formats=1', 3)
  assert.equal(fake.requests[1]!.headers['if-none-match'], `"${hex(one.slice(-32))}"`)
  assert.equal(flags.stats.taken, 1)
  fake.snapshot = two
  assert.equal((await next(flags, 'change')).revision, 2)
  assert.equal(fake.count('/v1/envs/default/stream?formats=1'), 0)
})

test('where the stream cannot be had, the snapshot is fetched instead', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = one
  fake.intercept = (request, response) => {
    if (!request.url!.endsWith('/stream?formats=1')) return false
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>a proxy')
    return true
  }
  const flags = await connect(t, { endpoint: fake.endpoint })
  assert.equal(flags.enabled('f'), true)
  assert.equal(flags.state, 'READY')
})

test('a token that is refused is an error, and tried again', async (t) => {
  const fake = await Fake.start(t)
  fake.intercept = (_, response) => Boolean(response.writeHead(401).end('{"title":"who are you?"}'))
  const flags = await connect(t, { endpoint: fake.endpoint })
  assert.equal(flags.state, 'ERROR')
  assert.match(String(flags.stats.lastError?.message), /401.*who are you/)
  assert.equal(flags.enabled('f'), false)
  assert.equal(flags.enabled('f', { default: true }), true)
  assert.equal(flags.decide('f').reason, 'NOT_READY')
  assert.equal(fake.requests.length, 1)
})

test('a server that is down keeps nobody waiting longer than was said', async (t) => {
  const fake = await Fake.start(t)
  await fake.stop()
  const flags = await connect(t, { endpoint: fake.endpoint, readyWithin: 50 })
  assert.equal(flags.state, 'NOT_READY')
  assert.equal(flags.variant('f', { default: 'control' }), 'control')
  assert.deepEqual(flags.decideAll(), [])
})

test('a server that asks for a pause gets it', async (t) => {
  const fake = await Fake.start(t)
  fake.intercept = (_, response) => Boolean(response.writeHead(503, { 'Retry-After': '200' }).end())
  const flags = await connect(t, { endpoint: fake.endpoint, readyWithin: 50 })
  await fake.asked('/', 2) // the stream, and the snapshot instead
  assert.equal((flags.stats.lastError as Error & { after: number }).after, 200_000)
})

test('a bootstrap serves while the server is away, and gives way to it', async (t) => {
  const fake = await Fake.start(t)
  fake.intercept = (_, response) => Boolean(response.destroy())
  const flags = await connect(t, { endpoint: fake.endpoint, bootstrap: one })
  assert.equal(flags.state, 'STALE')
  assert.equal(flags.enabled('f'), true)
  fake.intercept = undefined
  fake.snapshot = two
  await next(flags, 'ready')
  assert.equal(flags.enabled('f'), false)
})

test('a bootstrap alone is as good as it gets', async (t) => {
  const flags = await connect(t, { bootstrap: one })
  assert.equal(flags.state, 'READY')
  assert.equal(flags.enabled('f'), true)
})

test('a token that is refused while a snapshot serves is said at once, and once', async (t) => {
  const fake = await Fake.start(t)
  fake.intercept = (_, response) => Boolean(response.writeHead(401).end())
  const logger = new Log()
  const flags = await connect(t, { endpoint: fake.endpoint, bootstrap: one, logger })
  assert.equal(flags.state, 'STALE')
  assert.deepEqual(logger.warnings, ['gonfalon: the control plane refuses; trying on'])
})

test('options that cannot work are errors', async () => {
  await assert.rejects(Gonfalon.connect({}), TypeError)
  await assert.rejects(Gonfalon.connect({ endpoint: 'localhost' }), TypeError)
  await assert.rejects(Gonfalon.connect({ source: 'poll', bootstrap: one }), TypeError)
  await assert.rejects(Gonfalon.connect({ bootstrap: one.slice(0, -1), ...quick }), LoadError)
  await assert.rejects(Gonfalon.connect({ bootstrap: elsewhere, ...quick }), FrameError)
  await assert.rejects(Gonfalon.connect({ bootstrap: '/nowhere/at/all' }), { code: 'ENOENT' })
})

test('a prepared context follows the snapshots', async (t) => {
  const fake = await Fake.start(t)
  const gate = (target: string): object => ({ key: 'f', gates: [{ type: 'group', target, enabled: true }] })
  const old = (fake.snapshot = compile({ flags: [gate('staff')] }, { revision: 1 }))
  const flags = await connect(t, { endpoint: fake.endpoint })
  const context = flags.context({ actor: 'a', groups: (name) => name === 'vip' })
  assert.equal(flags.enabled('f', context), false)
  fake.send('delta', delta(old, compile({ flags: [gate('vip')] }, { revision: 2 })))
  await next(flags, 'change')
  assert.equal(flags.enabled('f', context), true)
  assert.equal(flags.decide('f', context).path, 'group/vip')
})

test('usage is counted for flags that there are, sent in batches, and kept when it cannot be', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = compile({ flags: Array.from({ length: 1001 }, (_, i) => boolean(`f${i}`)) })
  const flags = await Gonfalon.connect({ ...quick, endpoint: fake.endpoint, usage: 20, token: 'secret' })
  t.after(() => flags.close())
  let refuse = true
  let refused = 0
  fake.intercept = (request, response) => {
    if (!request.url!.endsWith('/usage') || !refuse) return false
    refused++
    response.writeHead(500).end()
    return true
  }
  for (let i = 0; i < 3; i++) flags.enabled('f0')
  flags.enabled('nope')
  flags.decide('f1')
  await fake.asked('/v1/envs/default/usage', 2)
  refuse = false
  flags.decideAll()
  await flags.close()
  const sent = fake.requests.filter(({ url }) => url.endsWith('/usage')).map(({ body }) => (JSON.parse(body) as { flags: Record<string, { count: number; last: string }> }).flags)
  const delivered = new Map<string, number>()
  for (const batch of sent.slice(refused)) {
    assert.ok(Object.keys(batch).length <= 1000)
    for (const [key, { count, last }] of Object.entries(batch)) {
      assert.ok(!Number.isNaN(Date.parse(last)))
      delivered.set(key, (delivered.get(key) ?? 0) + count)
    }
  }
  assert.equal(delivered.get('f0'), 4)
  assert.equal(delivered.get('f1'), 2)
  assert.equal(delivered.get('f1000'), 1)
  assert.equal(delivered.get('nope'), undefined)
})

test('a closed client goes on answering, and lets the process end', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = one
  const flags = await connect(t, { endpoint: fake.endpoint })
  await Promise.all([flags.close(), flags.close()])
  assert.equal(flags.enabled('f'), true)
  const asked = fake.requests.length
  fake.drop()
  assert.equal(fake.requests.length, asked)
})

test('closing takes two seconds at most, however slow the server, and whatever a program’s own source and reports do', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = compile({ flags: Array.from({ length: 8_000 }, (_, i) => boolean(`f${i}`)) })
  const slow = await Gonfalon.connect({ ...quick, endpoint: fake.endpoint, token: 'secret' })
  slow.decideAll()
  fake.intercept = (request, response) => {
    if (!request.url!.endsWith('/usage')) return false
    setTimeout(() => response.writeHead(204).end(), 1_900)
    return true
  }
  const deaf = await Gonfalon.connect({ ...quick, bootstrap: one, usage: 60_000, reportUsage: () => new Promise(() => {}), source: { run: () => new Promise(() => {}) } })
  deaf.enabled('f')
  const start = performance.now()
  await Promise.all([slow.close(), deaf.close()])
  assert.ok(performance.now() - start < 10_000)
})

test('refuses an environment that would be another path of the server', async () => {
  for (const environment of ['', '.', '..']) {
    await assert.rejects(
      Gonfalon.connect({ endpoint: 'http://127.0.0.1:1', token: 't', environment }),
      new TypeError(`gonfalon: no environment has the key "${environment}"`),
    )
  }
})

test('asks in the environment that it is told', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = elsewhere
  const flags = await connect(t, { endpoint: `${fake.endpoint}/`, environment: 'staging' })
  assert.equal(fake.requests[0]!.url, '/v1/envs/staging/stream?formats=1')
  assert.equal(flags.enabled('f'), true)
})
