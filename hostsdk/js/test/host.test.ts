import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fake } from './support/fake.ts'
import { Gonfalon } from './support/sdk.ts'
import { boolean, compile } from './support/snapshots.ts'
import { next, quick } from './support/wait.ts'

interface Report {
  flags: Record<string, { count: number; on?: number }>
  host?: { id: string; sdk: string; version: string; revision: number; lineage: string; via: string; gone?: boolean }
}

/** The reports that came, once there are so many. */
async function reports(fake: Fake, least: number): Promise<Report[]> {
  const held = setInterval(() => {}, 60_000)
  await fake.asked('/v1/envs/default/usage', least)
  clearInterval(held)
  return fake.requests.filter(({ url }) => url.endsWith('/usage')).map(({ body }) => JSON.parse(body) as Report)
}

test('a host tells which revision serves, soon after it has changed, and that it ends', { timeout: 30_000 }, async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = compile({ flags: [boolean('f')] }, { revision: 1 })
  const flags = await Gonfalon.connect({ ...quick, endpoint: fake.endpoint, usage: 60_000 })
  t.after(() => flags.close())
  const [first] = await reports(fake, 1)
  const { host } = first!
  assert.deepEqual(first!.flags, {})
  assert.match(host!.id, /^[0-9a-f]{16}$/)
  assert.match(host!.lineage, /^[0-9a-f]{32}$/)
  assert.match(host!.version, /^\d+\.\d+\.\d+$/)
  assert.deepEqual([host!.sdk, host!.revision, host!.via, host!.gone], ['node', 1, 'stream', undefined])

  const changed = next(flags, 'change')
  fake.send('snapshot', compile({ flags: [boolean('f', false)] }, { revision: 2 }))
  await changed
  const second = (await reports(fake, 2))[1]!
  assert.deepEqual([second.host!.id, second.host!.revision], [host!.id, 2])

  flags.enabled('f')
  await flags.close()
  const last = (await reports(fake, 3)).at(-1)!
  assert.deepEqual([last.host!.gone, last.flags['f']!.count, last.flags['f']!.on], [true, 1, 0])
})

test('a host that is closed while its first report is under way says that it ends', { timeout: 30_000 }, async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = compile({ flags: [boolean('f')] })
  fake.intercept = ({ url }) => url!.endsWith('/usage') && fake.count('/v1/envs/default/usage') === 1
  const flags = await Gonfalon.connect({ ...quick, endpoint: fake.endpoint, usage: 60_000 })
  const [first] = await reports(fake, 1)
  await flags.close()
  const last = (await reports(fake, 2)).at(-1)!
  assert.deepEqual([first!.host!.gone, last.host!.gone, last.host!.id], [undefined, true, first!.host!.id])
})

test('the last report waits for one that is under way', { timeout: 30_000 }, async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = compile({ flags: [boolean('f')] })
  const order: string[] = []
  fake.intercept = ({ url }, response, body) => {
    if (!url!.endsWith('/usage')) return false
    order.push(/"gone"/.test(body) ? 'the last' : 'the first')
    setTimeout(() => {
      order.push('answered')
      response.writeHead(202).end()
    }, 50)
    return true
  }
  const flags = await Gonfalon.connect({ ...quick, endpoint: fake.endpoint, usage: 60_000 })
  await reports(fake, 1)
  await flags.close()
  assert.deepEqual(order, ['the first', 'answered', 'the last', 'answered'])
})

test('a host none of whose reports arrived says nothing at the end', async () => {
  const bootstrap = compile({ flags: [boolean('f')] })
  const answers: (() => Response)[] = [() => new Response(null, { status: 401 }), () => new Response(null, { status: 500 }), () => assert.fail('refused')]
  for (const answer of answers) {
    const sent: Report[] = []
    let again = (): void => {}
    const twice = new Promise<void>((resolve) => (again = resolve))
    const fetch: typeof globalThis.fetch = async (_, init) => {
      if (init?.method === 'POST' && sent.push(JSON.parse(String(init.body)) as Report) === 2) again()
      return answer()
    }
    const flags = await Gonfalon.connect({ ...quick, endpoint: 'http://127.0.0.1:1', bootstrap, usage: 1, fetch })
    const held = setInterval(() => {}, 60_000)
    await twice
    clearInterval(held)
    await flags.close()
    assert.deepEqual(sent.filter(({ host }) => host?.gone), [], String(answer))
  }
})

test('what changes while a report is under way is told as well', { timeout: 30_000 }, async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = compile({ flags: [boolean('f')] }, { revision: 1 })
  fake.intercept = ({ url }) => url!.endsWith('/usage') && fake.count('/v1/envs/default/usage') === 1
  const flags = await Gonfalon.connect({ ...quick, endpoint: fake.endpoint, usage: 60_000 })
  t.after(() => flags.close())
  await reports(fake, 1)
  fake.send('snapshot', compile({ flags: [boolean('f', false)] }, { revision: 2 }))
  assert.equal((await reports(fake, 2))[1]!.host!.revision, 2)
})

test('a control plane of an older version is sent the counts alone', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = compile({ flags: [boolean('f')] })
  fake.intercept = (request, response, body) => {
    if (!request.url!.endsWith('/usage') || !/"host"|"on"/.test(body)) return false
    response.writeHead(400).end()
    return true
  }
  const flags = await Gonfalon.connect({ ...quick, endpoint: fake.endpoint, usage: 60_000 })
  flags.enabled('f')
  await flags.close()
  const last = (await reports(fake, 2)).at(-1)!
  assert.deepEqual(Object.keys(last), ['flags'])
  assert.deepEqual(Object.keys(last.flags['f']!), ['count', 'last'])
})

test('reports that go to the program say what flags were, and no host tells anything', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = compile({ flags: [boolean('f'), boolean('g', false)] })
  const seen: Record<string, { count: number; on?: number }>[] = []
  const flags = await Gonfalon.connect({ ...quick, endpoint: fake.endpoint, usage: 60_000, reportUsage: async (_, batch) => void seen.push(batch) })
  for (let i = 0; i < 3; i++) flags.enabled('f')
  flags.decideAll()
  await flags.close()
  assert.deepEqual([seen.length, seen[0]!['f']!.count, seen[0]!['f']!.on, seen[0]!['g']!.on], [1, 4, 4, 0])
  assert.equal(fake.count('/v1/envs/default/usage'), 0)
})
