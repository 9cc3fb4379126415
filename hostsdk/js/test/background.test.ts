import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { Fake } from './support/fake.ts'
import { folder } from './support/folder.ts'
import { Gonfalon } from './support/sdk.ts'
import { boolean, compile } from './support/snapshots.ts'
import { failed, quick } from './support/wait.ts'

/** Runs a program that ends without closing its client; the test's time limit is what it may take. */
async function run(t: { after(end: () => unknown): void }, code: string): Promise<string> {
  const sdk = JSON.stringify(new URL('../src/index.ts', import.meta.url).href)
  const program = `import { file, Gonfalon } from ${sdk};\n${code}`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], { cwd: new URL('..', import.meta.url).pathname, stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  child.stdout.on('data', (data) => (said += String(data)))
  const [status] = (await once(child, 'close')) as [number]
  assert.equal(status, 0)
  return said
}

for (const source of ["'stream'", "'poll'", "file('flags.snapshot')"]) {
  test(`a program that doesn't close its client ends: ${source}`, { timeout: 20_000 }, async (t) => {
    const fake = await Fake.start(t)
    fake.snapshot = compile({ flags: [boolean('f'), { key: 's', gates: [{ type: 'schedule', from: '2099-01-01T00:00:00Z' }] }] })
    const path = join(folder(t), 'flags.snapshot')
    writeFileSync(path, fake.snapshot)
    const said = await run(t, `
      const flags = await Gonfalon.connect({ endpoint: '${fake.endpoint}', source: ${source.replace('flags.snapshot', path)}, ttl: 60_000 })
      flags.on('change', () => {})
      console.log(flags.state, flags.enabled('f'))`)
    assert.equal(said, 'READY true\n')
  })
}

test('a program whose server is away ends', { timeout: 20_000 }, async (t) => {
  const fake = await Fake.start(t)
  await fake.stop()
  const said = await run(t, `
    const flags = await Gonfalon.connect({ endpoint: '${fake.endpoint}', readyWithin: 300, logger: { info() {}, warn() {} } })
    console.log(flags.state)`)
  assert.equal(said, 'NOT_READY\n')
})

test('a program that waits for a revision, or for the last report of usage, goes on until it has come', { timeout: 20_000 }, async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = compile({ flags: [boolean('f')] })
  fake.intercept = (request, response) => {
    if (!request.url!.endsWith('/usage')) return false
    setTimeout(() => response.writeHead(202).end(), 200)
    return true
  }
  const said = await run(t, `
    const flags = await Gonfalon.connect({ endpoint: '${fake.endpoint}' })
    await flags.waitFor(2, 300).catch((error) => console.log(error.name))
    flags.enabled('f')
    await flags.close()
    console.log('closed')`)
  assert.equal(said, 'TimeoutError\nclosed\n')
  const counted = fake.requests.filter(({ url, body }) => url.endsWith('/usage') && body.includes('"count"'))
  assert.equal(counted.length, 1)
})

for (const source of ['stream', 'poll'] as const) {
  test(`a server that announces answers without an end is given up after a few: ${source}`, { timeout: 20_000 }, async (t) => {
    const hint = 'HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n'
    const asked: { readonly method: string; readonly read: number }[] = []
    const server = createServer((socket) => {
      let method = ''
      socket.on('data', (data) => (method ||= String(data).split(' ', 1)[0]!)).on('error', () => {})
      socket.once('data', () => {
        const write = (): void => {
          while (!socket.destroyed && socket.write(hint.repeat(1_000)));
          socket.once('drain', write)
        }
        write()
      })
      socket.on('close', () => asked.push({ method, read: socket.bytesWritten - socket.writableLength }))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    t.after(() => server.close())
    const { port } = server.address() as AddressInfo
    const bootstrap = compile({ flags: [boolean('f')] })
    const flags = await Gonfalon.connect({ ...quick, endpoint: `http://127.0.0.1:${port}`, source, bootstrap, usage: 10, readyWithin: 0 })
    t.after(() => flags.close())
    flags.enabled('f')
    while (!['GET', 'POST'].every((method) => asked.some((one) => one.method === method))) await new Promise((resolve) => setTimeout(resolve, 5))
    assert.match(String((await failed(flags)).cause), /announces an answer more than 100 times/)
    for (const { read } of asked) assert.ok(read < 8 << 20, `${read} bytes`) // what buffers on both sides hold
  })
}
