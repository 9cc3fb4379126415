import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import { adminClient } from '../src/admin.ts'
import { RemoteFlags } from '../src/browser.ts'
import { Secret } from '../src/secret.ts'
import { Gonfalon, type Options } from './support/sdk.ts'
import { compile, boolean } from './support/snapshots.ts'
import { failed } from './support/wait.ts'

const token = 'gfn_sdk_3f9a7c55e1'
const title = JSON.stringify({ title: `what is\n${token}?`, detail: token.toUpperCase() })
const whole = (head: string, body: string | Uint8Array): Buffer => Buffer.concat([Buffer.from(`${head}\r\nContent-Length: ${body.length}\r\n\r\n`), Buffer.from(body)])

/** Answers that repeat the token, each in another place. */
const answers: Readonly<Record<string, string | Buffer>> = {
  'the reason': `HTTP/1.1 500 ${token}\r\nContent-Length: 0\r\n\r\n`,
  'the page of a refusal': whole('HTTP/1.1 403 No', title),
  'a page that is cut amid the token': whole('HTTP/1.1 500 No', token.repeat(1_000)),
  'the type': `HTTP/1.1 200 OK\r\nContent-Type: ${token}\r\n\r\n`,
  'the encoding': `HTTP/1.1 200 OK\r\nContent-Encoding: ${token}\r\n\r\n`,
  'the address of a redirect': `HTTP/1.1 302 Moved\r\nLocation: http://${token}.example/\r\n\r\n`,
  'what is no HTTP': `${token}\r\n\r\n`,
  'a body that is no HTTP': `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n:${token}\r\n${token}\r\n`,
  'what should be JSON': whole('HTTP/1.1 200 OK', token),
  'an environment': whole('HTTP/1.1 200 OK', compile({ flags: [boolean('f')] }, { env: token })),
}

/** A server that answers everything in one way, and a redirect's address by a refusal. */
async function serve(t: TestContext, answer: string | Buffer): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(answer)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

for (const [where, answer] of Object.entries(answers)) {
  test(`a server that repeats the token shows it nowhere: ${where}`, async (t) => {
    const endpoint = await serve(t, answer)
    const said: unknown[] = []
    const logger = { info: (...line: unknown[]) => said.push(line), warn: (...line: unknown[]) => said.push(line) }
    const options: Options = { endpoint, token, logger, readyWithin: 0, usage: 10 }
    const bootstrap = compile({ flags: [boolean('f')] })
    const page = new RemoteFlags({ endpoint, token, logger, readyWithin: 0, storage: false })
    const clients = [await Gonfalon.connect(options), await Gonfalon.connect({ ...options, source: 'poll' }), await Gonfalon.connect({ ...options, bootstrap }), page]
    await page.start()
    for (const flags of clients) {
      t.after(() => flags.close())
      for (const event of ['ready', 'stale', 'error'] as const) flags.on(event, (value) => said.push(value))
      flags.enabled('f')
      const error = await failed(flags)
      said.push(error, flags.stats, flags.decide('f'))
      assert.ok(error.message.length < 1_200, error.message)
      // eslint-disable-next-line no-control-regex -- control characters are what this is about
      assert.doesNotMatch(error.message, /[\u0000-\u001f]/)
      await flags.close()
    }
    const admin = adminClient({ endpoint, token })
    said.push(await admin.GET('/v1/envs').then(({ error }) => error, (error: unknown) => error), clients, admin)
    for (const one of said) assert.doesNotMatch(inspect(one, { depth: 8, showHidden: true }), new RegExp(token.slice(0, -4), 'i'))
  })
}

test('a secret hides itself, and leaves what is not the token', () => {
  const secret = new Secret(token)
  assert.doesNotMatch(inspect(secret, { showHidden: true }) + JSON.stringify(secret) + String(secret), /gfn/)
  assert.equal(secret.line(`one\r\n${token.toUpperCase()}\u001b[31m\u202e`), 'one … [31m')
  assert.equal(secret.line('x'.repeat(2_000)), `${'x'.repeat(500)}…`)
  assert.equal(secret.line(`${'x'.repeat(50)}${token.slice(0, 6)}`, false), 'x'.repeat(50 + 6 - token.length + 1))
  assert.equal(new Secret('dev').line('devices'), 'devices')
  assert.equal(new Secret('a+b(c)[d].*').line('a+b(c)[d].* aab'), '… aab')
  const error = new TypeError('well')
  assert.equal(secret.clean(error), error)
  assert.equal(secret.clean(new Error('fetch failed', { cause: new Error(token) })).cause, undefined)
  assert.equal(secret.clean(new Proxy({}, { getPrototypeOf: () => assert.fail('no') })).message, 'something was thrown that throws when it is looked at')
})
