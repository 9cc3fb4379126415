import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { transform } from 'esbuild'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import type { Gonfalon as BrowserGonfalon, RemoteFlags } from '../src/browser.ts'
import { document } from './support/flags.ts'
import { Plane } from './support/plane.ts'
import { compile } from './support/snapshots.ts'
import type * as typed from './support/typed.ts'
import { possible, values } from './support/values.ts'

/** A Chromium of the system's; tests never download one. */
const executablePath = process.env['CHROMIUM'] ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path))

declare const flags: RemoteFlags
declare const changed: Promise<readonly string[]>
declare const Gonfalon: typeof BrowserGonfalon
declare const { attributesOf, valueOf }: typeof typed

let browser: BrowserContext
let pages: Server
let origin: string
let profile: string
let stolen = 0

before(async () => {
  const { code: typed } = await transform(readFileSync(new URL('./support/typed.ts', import.meta.url), 'utf8'), { loader: 'ts', format: 'esm' })
  assert.ok(executablePath !== undefined, 'no Chromium: install one (apt-get install chromium), or name it in CHROMIUM')
  pages = createServer((request, response) => {
    const path = request.url!.split('?')[0]!
    if (path === '/') {
      const script = `import * as sdk from '/sdk/gonfalon.js'; import * as typed from '/typed.js'; Object.assign(globalThis, sdk, typed, { __name: (f) => f, loaded: true })` // tsx has functions named
      return response.writeHead(200, { 'Content-Type': 'text/html' }).end(`<!doctype html><title>page</title><script type="module">${script}</script>`)
    }
    if (path.startsWith('/moved/')) return response.writeHead(307, { Location: `/stolen${path}` }).end()
    if (path.startsWith('/stolen/')) stolen++
    if (path === '/typed.js') return response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(typed)
    const file = new URL(`../dist/browser${path.replace('/sdk', '')}`, import.meta.url)
    if (!path.startsWith('/sdk/') || !existsSync(file)) return response.writeHead(404).end()
    return response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(readFileSync(file))
  })
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`
  profile = mkdtempSync(join(tmpdir(), 'gonfalon-chromium-'))
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
  browser = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args })
})

after(async () => {
  await browser?.close()
  pages?.close()
  if (profile !== undefined) rmSync(profile, { recursive: true, force: true })
})

async function open(t: { after(end: () => unknown): void }): Promise<Page> {
  const page = await browser.newPage()
  t.after(() => page.close())
  page.on('pageerror', (error) => console.error('in the page:', error))
  await page.goto(origin)
  await page.waitForFunction('globalThis.loaded === true')
  return page
}

/** Connects in the page, as `flags`. */
function connect(page: Page, options: { endpoint: string; token: string; actor: string }): Promise<string> {
  return page.evaluate(async ({ endpoint, token, actor }) => {
    const client = await Gonfalon.connect({ endpoint, token, context: { actor } })
    Object.assign(globalThis, { flags: client })
    return client.state
  }, options)
}

test('a page sees decisions, follows changes, and never sees a rule', async (t) => {
  const plane = await Plane.start(t)
  await plane.put({ key: 'f', gates: [{ type: 'rule', enabled: true, constraints: [{ attribute: 'secret_attribute', operator: 'eq', values: ['x'] }] }] } as { key: string })
  const page = await open(t)
  const bodies: string[] = []
  const asked: string[] = []
  page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`))
  page.on('response', (response) => {
    if (response.request().method() === 'POST') void response.text().then((text) => bodies.push(text), () => {})
  })
  assert.equal(await connect(page, { endpoint: plane.endpoint, token: await plane.token('client'), actor: 'user:7' }), 'READY')
  assert.equal(await page.evaluate(() => flags.enabled('f')), false)
  await page.evaluate(() => {
    Object.assign(globalThis, { changed: new Promise((resolve) => void flags.on('change', (event) => resolve(event.flags))) })
  })
  await plane.api('POST', '/envs/default/flags/f/enable', { for_actor: 'user:7' })
  assert.deepEqual(await page.evaluate(() => changed), ['f'])
  assert.deepEqual(await page.evaluate(() => [flags.enabled('f'), flags.decide('f').path, flags.enabled('f', { actor: 'user:8', default: false })]), [true, 'actor/user:7', false])
  assert.ok(bodies.length > 0)
  assert.ok(!bodies.join('').includes('secret_attribute'))
  assert.ok(asked.includes('GET /ofrep/v1/events'))
  assert.ok(!asked.some((path) => path.includes('/v1/envs') || path.includes('bytes.js')), 'neither snapshots nor the engine are loaded')
})

test('a reload asks with the entity tag, and shows the last result while the server is down', async (t) => {
  const plane = await Plane.start(t)
  await plane.put({ key: 'f', gates: [{ type: 'boolean', enabled: true }] } as { key: string })
  const options = { endpoint: plane.endpoint, token: await plane.token('client'), actor: 'user:7' }
  const page = await open(t)
  await connect(page, options)
  const statuses: number[] = []
  page.on('response', (response) => {
    if (response.request().method() === 'POST') statuses.push(response.status())
  })
  const again = async (): Promise<string> => {
    await page.reload()
    await page.waitForFunction('globalThis.loaded === true')
    return connect(page, options)
  }
  assert.equal(await again(), 'READY')
  assert.ok(statuses.length > 0 && statuses.every((status) => status === 304), String(statuses))
  await plane.stop('SIGKILL')
  assert.equal(await again(), 'STALE')
  assert.equal(await page.evaluate(() => flags.enabled('f')), true)
  // Of somebody else nothing was kept.
  assert.equal(await page.evaluate(async () => (await flags.setContext({ actor: 'user:8' }), flags.decide('f').reason)), 'NOT_READY')
})

test('a token that is refused is an error', async (t) => {
  const plane = await Plane.start(t)
  const page = await open(t)
  assert.equal(await connect(page, { endpoint: plane.endpoint, token: 'wrong', actor: 'user:7' }), 'ERROR')
  assert.deepEqual(await page.evaluate(() => [flags.enabled('f', { default: true }), flags.decide('f').reason]), [true, 'NOT_READY'])
})

test('a page that is given a snapshot decides by itself', async (t) => {
  const page = await open(t)
  const snapshot = Buffer.from(compile(document)).toString('base64')
  const answers = await page.evaluate(async (base64) => {
    const bootstrap = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
    const client = await Gonfalon.connect({ bootstrap })
    const context = { actor: 'user:7', groups: ['staff'], attributes: { plan: 'pro', age: 20 } }
    return [client.state, client.enabled('for_actor', context), client.enabled('for_group', context), client.enabled('rule', context), client.variant('plain_variant', context), client.decideAll(context).length]
  }, snapshot)
  assert.deepEqual(answers, ['READY', true, true, true, 'only', document.flags.length])
})

test('a value means in a page what it means elsewhere', async (t) => {
  const page = await open(t)
  const cases = values.cases.filter((c) => possible(c) && c.loaded === undefined && (c.hosts ?? ['sdk']).includes('sdk'))
  const decided = await page.evaluate(
    async ({ snapshot, cases }) => {
      const bootstrap = Uint8Array.from(atob(snapshot), (c) => c.charCodeAt(0))
      const client = await Gonfalon.connect({ bootstrap, roll: () => [0, 0], logger: { info() {}, warn() {} } })
      return cases.map((c) => {
        const context = { actor: valueOf(c.actor) as never, groups: valueOf(c.groups) as never, attributes: attributesOf(c) }
        const { enabled, reason, path } = client.decide(c.flag, context)
        return [enabled, reason, path ?? ''] as const
      })
    },
    { snapshot: values.snapshot, cases },
  )
  for (const [i, { about, want }] of cases.entries()) assert.deepEqual(decided[i], [want.enabled, want.reason, want.gate], about)
  assert.ok(cases.every(({ roll }) => Number(roll ?? 0) === 0))
})

test('a page follows no redirect, so that the token stays', async (t) => {
  const page = await open(t)
  const error = await page.evaluate(async (endpoint) => {
    const client = await Gonfalon.connect({ endpoint, token: 'secret', readyWithin: 1, storage: false })
    while (client.stats.lastError === undefined) await new Promise((resolve) => setTimeout(resolve))
    return client.stats.lastError.message
  }, `${origin}/moved`)
  assert.match(error, /redirects, and doesn't show where/)
  assert.equal(stolen, 0)
})
