import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { after, afterEach, before } from 'node:test'
import { fileURLToPath } from 'node:url'
import axe from 'axe-core'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { caller, fill, type Caller } from './sample.ts'

export type { BrowserContext, Page }
export const adminToken = 'an-admin-token-for-tests'
const gonfalon = process.env['GONFALON_BIN'] ?? fileURLToPath(new URL('../../../../bin/gonfalon', import.meta.url))

/** A Chromium of the system's; tests never download one. */
const executablePath = process.env['CHROMIUM'] ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path))

/** A control plane, by itself with everything in memory. */
export class Server {
  private constructor(
    public address: string, // of what stands in front of it, if something does
    readonly api: Caller,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(args: readonly string[] = [], store: readonly string[] = ['--in-memory'], listen = '127.0.0.1:0'): Promise<Server> {
    assert.ok(existsSync(gonfalon), `there is no ${gonfalon}: make build, or name one in GONFALON_BIN`)
    const child = spawn(gonfalon, ['serve', ...store, '--listen', listen, '--seed=false', '--log-level', 'error', ...args], {
      env: { ...process.env, GONFALON_ADMIN_TOKEN: adminToken },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    for await (const line of createInterface({ input: child.stdout })) {
      const address = /API\s+(http:\S+)\/v1/.exec(line)?.[1]
      if (address === undefined) continue
      child.stdout.resume()
      return new Server(address, caller(address, adminToken), () => ended(child))
    }
    throw new Error('the control plane did not start')
  }
}

/** Starts a Chromium, with more arguments if there are any. */
export function launch(args: readonly string[] = [], env: NodeJS.ProcessEnv = process.env): Promise<Browser> {
  assert.ok(executablePath !== undefined, 'no Chromium: install one (apt-get install chromium), or name it in CHROMIUM')
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none', ...args], env: env as Record<string, string> })
}

/** Ends a process, unless it has ended. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill(signal)
  await once(child, 'exit')
}

export interface World {
  server: Server
  browser: Browser
  /** A page that is signed in, at an address. */
  open(path: string, options?: { token?: string; theme?: 'light' | 'dark'; width?: number; height?: number; context?: BrowserContext }): Promise<Page>
}

/** Starts a server with the sample and a browser for a file of tests; at the end no page may have had a fault. */
export function world(args: readonly string[] = [], sample = true, more: (server: Server) => Promise<void> = async () => {}): World {
  const faults: string[] = []
  const opened = new Set<BrowserContext>()
  const it = {} as World
  before(async () => {
    it.server = await Server.start(args)
    if (sample) await fill(it.server.address, adminToken)
    await more(it.server)
    it.browser = await launch()
  })
  afterEach(async () => {
    await Promise.all([...opened].map((each) => each.close())) // a page that stays follows every change of the tests after it
    opened.clear()
  })
  after(async () => {
    await it.browser?.close()
    await it.server?.stop()
    assert.deepEqual(faults, [])
  })
  it.open = async (path, { token = adminToken, theme = 'light', width = 1360, height = 900, context } = {}) => {
    const within = context ?? (await it.browser.newContext({ viewport: { width, height }, colorScheme: theme }))
    if (!context) opened.add(within)
    const page = await within.newPage()
    page.setDefaultTimeout(30_000)
    watch(page, it.server.address, faults)
    if (token !== '' && (await within.cookies()).length === 0) {
      const answer = await within.request.post(`${it.server.address}/v1/sessions`, { data: { token } })
      assert.equal(answer.status(), 201)
    }
    await page.goto(it.server.address + path)
    await page.locator('main').waitFor()
    return page
  }
  return it
}

/** What may be sent without a version: a kill, which takes nothing back, and what writes nothing. */
const blind = /\/(kill|preview|explain|evaluate)$|[?&]dry_run=true/

/** Notes what must never happen on a page: a refused script or style, a request elsewhere, an exception, a write that could overwrite another. */
function watch(page: Page, address: string, faults: string[]): void {
  page.on('pageerror', (error) => faults.push(`exception: ${error.stack}`))
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/i.test(message.text())) faults.push(`policy: ${message.text()}`)
  })
  page.on('request', (request) => {
    const { pathname, search } = new URL(request.url())
    const { 'if-match': match, 'if-none-match': noneMatch } = request.headers()
    if (/^(POST|PUT|PATCH|DELETE)$/.test(request.method()) && /\/v1\/envs(\/|$)/.test(pathname) && !(match || noneMatch || blind.test(pathname + search))) faults.push(`a write without If-Match: ${request.method()} ${request.url()}`)
    if (!request.url().startsWith(address) && !request.url().startsWith('data:')) faults.push(`request: ${request.url()}`)
  })
}

/** Goes to an address without loading the page anew. */
export async function go(page: Page, path: string): Promise<void> {
  await page.evaluate((path) => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')) }, path)
}

/** Waits until Enter confirms a dialog that is painted. */
export async function seen(page: Page): Promise<void> {
  await page.waitForFunction((from) => performance.now() - from > 400, await page.evaluate(() => performance.now()), { polling: 50 })
}

/** Fails if axe finds something on a page. */
export async function accessible(page: Page, name: string): Promise<void> {
  // The policy refuses a script that is added to the page; evaluated code isn't added.
  await page.evaluate(axe.source)
  const found = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: { run: typeof import('axe-core').run } }).axe.run(document, { resultTypes: ['violations'] })
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`)
  })
  assert.deepEqual(found, [], name)
}
