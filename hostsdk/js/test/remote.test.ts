import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Context } from '../src/context.ts'
import { silent } from '../src/log.ts'
import { Misuse } from '../src/misuse.ts'
import { contextJson } from '../src/remote/json.ts'
import { RemoteFlags, type RemoteOptions } from '../src/remote/remote.ts'
import { resolve } from '../src/resolution.ts'
import { Fake } from './support/fake.ts'
import { failed, next, quick } from './support/wait.ts'

const bulk = '/ofrep/v1/evaluate/flags'

/** A server of OpenFeature's remote protocol. */
class Server {
  status = 200
  headers: Record<string, string> = {}
  tag = '"1"'
  body: unknown = { flags: [] }
  streams: unknown[] = []

  private constructor(readonly fake: Fake) {}

  static async start(t: TestContext): Promise<Server> {
    const server = new Server(await Fake.start(t))
    server.fake.intercept = (request, response) => {
      if (request.url === '/events') {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(':\n\n')
        server.streams.push(response)
        return true
      }
      if (!request.url!.startsWith(bulk)) return false
      if (server.status === 200 && request.headers['if-none-match'] === server.tag) response.writeHead(304).end()
      else response.writeHead(server.status, { ...server.headers, ETag: server.tag }).end(typeof server.body === 'string' ? server.body : JSON.stringify(server.body))
      return true
    }
    return server
  }

  /** Tells every stream of events that results have changed. */
  changed(): void {
    for (const stream of this.streams as { write(text: string): void }[]) {
      stream.write('data: {"type":"later"}\n\ndata: nonsense\n\nevent: message\ndata: {"type":"refetchEvaluation","etag":"e 1","lastModified":7}\n\n')
    }
  }
}

async function connect(t: TestContext, server: Server, options: Partial<RemoteOptions> = {}): Promise<RemoteFlags> {
  const flags = new RemoteFlags({ endpoint: server.fake.endpoint, token: 'secret', storage: false, logger: quick.logger, ...options })
  t.after(() => flags.close())
  await flags.start()
  return flags
}

const flag = (key: string, value: unknown, more: object = {}): object => ({ key, value, reason: 'STATIC', metadata: { enabled: value === true }, ...more })
const stored = (): Pick<Storage, 'getItem' | 'setItem'> & { items: Map<string, string> } => {
  const items = new Map<string, string>()
  return { items, getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) }
}

test('a context is written one way, with every digit', () => {
  const rows: [Context | undefined, string][] = [
    [undefined, '{}'],
    [{ actor: 3 }, '{"targetingKey":"3"}'],
    [{ actor: { actorId: null }, groups: new Set(['a']) }, '{"groups":["a"]}'],
    [{ actor: 'a', groups: () => true, attributes: { z: 1, a: 2n ** 70n, u: undefined, n: null } }, '{"a":1180591620717411303424,"n":null,"targetingKey":"a","z":1}'],
    [{ attributes: { d: new Date(0), l: [NaN, 'é"', { b: true, a: [] }], s: 'a\ud800' } }, '{"d":"1970-01-01T00:00:00Z","l":[null,"é\\"",{"a":[],"b":true}],"s":"a\ufffd"}'],
  ]
  for (const [context, json] of rows) assert.equal(contextJson(context, new Misuse(silent)), json)
})

test('a server without a stream of events is asked every so often, with the entity tag', async (t) => {
  const server = await Server.start(t)
  server.body = { flags: [flag('f', false)] }
  const flags = await connect(t, server, { pollInterval: 10, environment: 'staging', context: { actor: 'a' } })
  await server.fake.asked(bulk, 3)
  assert.equal(flags.stats.taken, 1)
  const [first, second] = server.fake.requests
  assert.equal(first!.headers.authorization, 'Bearer secret')
  assert.equal(first!.headers['x-gonfalon-env'], 'staging')
  assert.equal(first!.body, '{"context":{"targetingKey":"a"}}')
  assert.equal(second!.headers['if-none-match'], '"1"')
  const changed = next(flags, 'change')
  server.tag = '"2"'
  server.body = { flags: [flag('f', true), flag('g', 1)], metadata: { version: '7' } }
  const event = await changed
  assert.deepEqual([event.flags, event.revision], [['f', 'g'], 7])
  assert.equal(flags.enabled('f'), true)
})

test('an event asks again, and a lost stream too', async (t) => {
  const server = await Server.start(t)
  server.body = { flags: [], eventStreams: [{ type: 'other' }, { type: 'sse', endpoint: { requestUri: '/events' }, inactivityDelaySec: 1 }] }
  const flags = await connect(t, server, { grace: 0 })
  await server.fake.asked('/events')
  assert.equal(server.fake.requests.find(({ url }) => url === '/events')!.headers.authorization, undefined)
  server.changed()
  await server.fake.asked(bulk, 2)
  assert.equal(server.fake.requests.at(-1)!.url, `${bulk}?flagConfigEtag=e+1&flagConfigLastModified=7`)
  const stale = next(flags, 'stale')
  for (const stream of server.streams.splice(0) as { destroy(): void }[]) stream.destroy()
  await stale
  await next(flags, 'ready')
  await server.fake.asked('/events', 2)
})

test('a stream of events says when to come back', async (t) => {
  const server = await Server.start(t)
  server.body = { flags: [], eventStreams: [{ type: 'sse', endpoint: { requestUri: '/events' } }] }
  const flags = await connect(t, server, { grace: 0 })
  await server.fake.asked('/events')
  const stale = next(flags, 'stale')
  for (const stream of server.streams.splice(0) as { end(text: string): void }[]) stream.end('retry: 99999999\n\n')
  await stale
  assert.equal((flags.stats.lastError as Error & { after: number }).after, 300_000)
})

test('a refusal stays one on a stream that said when to come back', async (t) => {
  const server = await Server.start(t)
  server.body = { flags: [], eventStreams: [{ type: 'sse', endpoint: { requestUri: '/events' } }] }
  const flags = await connect(t, server, { grace: 0 })
  await server.fake.asked('/events')
  server.status = 401
  for (const stream of server.streams as { write(text: string): void }[]) stream.write('retry: 5000\n\n')
  server.changed()
  assert.equal((await failed(flags)).name, 'RefusedError')
})

test('what cannot be read changes nothing', async (t) => {
  const server = await Server.start(t)
  server.body = { flags: [flag('f', true)] }
  const flags = await connect(t, server, { pollInterval: 1, grace: 0 })
  for (const body of ['<p>a proxy', '{"flags":1}', '{"flags":[{}]}', 'null']) {
    server.tag = `"${body.length}"`
    server.body = body
    await next(flags, 'stale')
    assert.equal(flags.enabled('f'), true)
    server.body = { flags: [flag('f', true)] }
    await next(flags, 'ready')
  }
})

test('failures of one flag are that flag’s', async (t) => {
  const server = await Server.start(t)
  server.body = {
    flags: [
      { key: 'needs_key', errorCode: 'TARGETING_KEY_MISSING', errorDetails: 'who?' },
      { key: 'broken', errorCode: 'GENERAL' },
      { key: 'disabled', reason: 'DISABLED', metadata: { enabled: false, killed: true } },
      flag('hero', { hex: '#00f' }, { variant: 'blue', reason: 'SPLIT', metadata: { enabled: false, gate: 'actor/a' } }),
      flag('plain', 'blue', { variant: 'blue' }),
    ],
  }
  const flags = await connect(t, server)
  assert.deepEqual([flags.decide('needs_key').reason, flags.decide('needs_key').known, flags.variant('needs_key', { default: 'd' })], ['DEFAULT', true, 'd'])
  assert.equal(flags.enabled('broken', { default: true }), true)
  assert.deepEqual([flags.decide('disabled').killed, flags.decide('disabled').value, flags.enabled('disabled', { default: true })], [true, undefined, false])
  assert.deepEqual(flags.payloadObject('hero'), { hex: '#00f' })
  assert.equal(flags.decide('hero').path, 'actor/a')
  assert.equal(flags.variant('plain'), 'blue')
  assert.equal(flags.payload('plain'), undefined)
  assert.equal(flags.decide('nope').reason, 'UNKNOWN_FLAG')
  assert.deepEqual(flags.decideAll(undefined, ['plain', 'nope']).map(({ value }) => value), ['blue', undefined])
  assert.equal(flags.decideAll().length, 5)
  assert.deepEqual(flags.explain('plain').steps, [])
})

test('decisions are of one context, and of nobody else', async (t) => {
  const server = await Server.start(t)
  server.body = { flags: [flag('f', true)] }
  const flags = await connect(t, server, { context: { actor: 'a', groups: ['g'] } })
  assert.equal(flags.enabled('f', { actor: 'a', groups: ['g'] }), true)
  assert.equal(resolve(flags.decide('f', { actor: 'b' })).error, 'INVALID_CONTEXT')
  flags.enabled('f', { actor: true as never, groups: [5, 6] as never })
  assert.equal(flags.stats.unreadable, 1, 'a decision is counted once')
  server.tag = '"2"'
  server.body = { flags: [flag('f', false)] }
  await flags.setContext({ actor: 'b' })
  assert.equal(flags.decide('f', { actor: 'b' }).enabled, false)
  server.status = 500
  await flags.setContext({ actor: 'c' })
  assert.equal(flags.decide('f').reason, 'NOT_READY')
  assert.equal(flags.state, 'NOT_READY')
  await flags.close()
  await flags.setContext({ actor: 'd' })
})

test('the last result is kept for its context, and shown while the server is away', async (t) => {
  const server = await Server.start(t)
  server.body = { flags: [flag('f', true)] }
  const storage = stored()
  const context = { actor: 'a' }
  await (await connect(t, server, { storage, context })).close()
  server.status = 503
  server.headers = { 'Retry-After': '100' }
  const flags = await connect(t, server, { storage, context })
  assert.equal(flags.state, 'STALE')
  assert.equal(flags.enabled('f'), true)
  assert.equal((await connect(t, server, { storage, context: { actor: 'b' }, readyWithin: 20 })).state, 'NOT_READY')
  for (const [key] of storage.items) storage.items.set(key, '{"context":')
  assert.equal((await connect(t, server, { storage, context, readyWithin: 20 })).state, 'NOT_READY')
  const full = { getItem: () => null, setItem: () => assert.fail('the quota is used up') }
  server.status = 200
  assert.equal((await connect(t, server, { storage: full, context })).enabled('f'), true)
})

test('a token that is refused is an error', async (t) => {
  const server = await Server.start(t)
  server.status = 403
  assert.equal((await connect(t, server)).state, 'ERROR')
  assert.throws(() => new RemoteFlags({ endpoint: 'nowhere' }), TypeError)
})

test('an answer of any size is read up to a limit', async (t) => {
  const server = await Server.start(t)
  server.body = { flags: [flag('f', true)], padding: 'x'.repeat(33 << 20) }
  const flags = await connect(t, server, { readyWithin: 1 })
  assert.match(String(await failed(flags)), /larger than 32 MiB/)
})

test('the variants on and off of a flag without variants are not a client’s', async (t) => {
  const server = await Server.start(t)
  const of = (variant: string, reason: string, gate: string): object => ({ variant, reason, metadata: { enabled: true, gate } })
  server.body = { flags: [flag('plain', true, of('on', 'SPLIT', 'percentage_of_actors')), flag('real', true, of('on', 'SPLIT', 'boolean')), flag('none', undefined, { variant: '' })] }
  const flags = await connect(t, server)
  assert.deepEqual(['plain', 'real', 'none'].map((key) => [flags.variant(key), resolve(flags.decide(key)).variant]), [[undefined, 'on'], ['on', 'on'], [undefined, undefined]])
})
