import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { paths } from '../src/lib/paths.ts'
import { fill } from './sample.ts'
import { adminToken, Server, world, type BrowserContext, type Page } from './support.ts'

const w = world()
const readOnly = Server.start(['--dashboard-read-only'])
after(async () => (await readOnly).stop())

/** The keys that the pages are looked at with: one that is there, and one that isn't. */
const keys: Partial<Record<keyof typeof paths, readonly string[]>> = { segment: ['enterprise-trial', 'not_there'], flag: ['checkout_new_payment', 'not_there'], history: ['checkout_new_payment'], explainFlag: ['checkout_new_payment'] }

/** What changes nothing, by its name: any other control is taken for one that does. */
const harmless = /^(Favourite .*|Flag|State|Answers, 24 h|Last change|account|api|checkout|Explain\s+x|Groups|Copy (as command|link|the lines))$/

/** Every address of the dashboard. */
function* addresses(env = 'production'): Generator<string> {
  for (const [name, path] of Object.entries(paths)) {
    if (name === 'home' || name === 'signIn') continue
    const named = path.includes(':key') ? keys[name as keyof typeof paths] : ['']
    assert.ok(named, `name a key in keys for the page ${name}`)
    for (const key of named) yield path.replace(':env', env).replace(':key', key)
  }
  yield `/envs/${env}/new?key=by_palette`
}

/** The controls on a page that change something; they are given a moment to appear. */
async function offered(page: Page): Promise<string[]> {
  await page.waitForLoadState('networkidle', { timeout: 10_000 }).catch(() => {})
  return page.locator('main').evaluate((main, pattern) => {
    const shown = [...main.querySelectorAll<HTMLElement>('button:not([role=tab], .cell), a.btn, input[type=checkbox], form.form :enabled, form.panel :enabled')].filter((each) => each.checkVisibility({ visibilityProperty: true }))
    return shown.map((each) => (each.getAttribute('aria-label') ?? (each.innerText || (each as HTMLInputElement).labels?.[0]?.innerText) ?? '').trim() || each.tagName).filter((each, i) => !new RegExp(pattern).test(each) || shown[i]!.matches('form.form *, form.panel *'))
  }, harmless.source)
}

/** What each page offers, in a context that is signed in. The stream keeps the network busy, so it is refused. */
async function walk(context: BrowserContext, address: string, at: Iterable<string> = addresses(), look = offered): Promise<Record<string, readonly string[]>> {
  const found: Record<string, readonly string[]> = {}
  await context.route('**/changes', (route) => route.abort())
  for (const path of at) {
    const page = await context.newPage()
    await page.goto(address + path)
    await page.locator('main h1, main .ask').first().waitFor()
    const controls = await look(page)
    if (controls.length > 0) found[path] = controls
    await page.close()
  }
  await context.close()
  return found
}

test('a viewer sees no control that would fail, on any page', async () => {
  const { token } = await w.server.api('POST', '/v1/tokens', { name: 'a viewer', role: 'viewer' })
  const context = await w.browser.newContext()
  await context.request.post(`${w.server.address}/v1/sessions`, { data: { token } })
  assert.deepEqual(await walk(context, w.server.address), {})
})

test('an admin sees none on a dashboard that is read-only', async () => {
  const { address } = await readOnly
  await fill(address, adminToken)
  const context = await w.browser.newContext()
  await context.request.post(`${address}/v1/sessions`, { data: { token: adminToken } })
  assert.deepEqual(await walk(context, address), {})
})

test('the walk would find what an admin is offered', async () => {
  const context = await w.browser.newContext()
  await context.request.post(`${w.server.address}/v1/sessions`, { data: { token: adminToken } })
  const found = await walk(context, w.server.address)
  for (const path of ['/envs/production/new', '/envs/production/segments/not_there', '/tokens', '/webhooks', '/environments', '/envs/production/audit', '/envs/production/flags/checkout_new_payment']) assert.ok((found[path] ?? []).length > 0, path)
})

/** A context that is signed in by a token for one environment. */
async function limited(role: string): Promise<BrowserContext> {
  const { token } = await w.server.api('POST', '/v1/tokens', { name: 'staging only', role, envs: ['staging'] })
  const context = await w.browser.newContext()
  await context.request.post(`${w.server.address}/v1/sessions`, { data: { token } })
  return context
}

test('an editor of one environment is told so at every address of another, and sees no control that would fail', async () => {
  const others = [...addresses()].filter((path) => path.startsWith('/envs/'))
  const told = 'You are signed in as staging only, which is for staging.'
  assert.ok(others.length > 12)
  const look = async (page: Page): Promise<string[]> => ((await page.locator('main').innerText()).includes(told) ? offered(page) : ['not told'])
  assert.deepEqual(await walk(await limited('editor'), w.server.address, others, look), {})
})

test('an admin of one environment is offered what is theirs, and nothing of the server', async () => {
  const found = await walk(await limited('admin'), w.server.address, ['/envs/staging/new', '/envs/staging/settings', '/tokens', '/webhooks', '/environments'])
  assert.deepEqual(Object.keys(found), ['/envs/staging/new', '/envs/staging/settings', '/environments'])
  assert.deepEqual(found['/environments'], ['Delete staging'])
})

test('at an environment that isn’t there the page says so', async () => {
  const page = await w.open('/envs/nowhere/new')
  await page.getByText('There is no environment nowhere.').waitFor()
  assert.deepEqual(await offered(page), [])
})
