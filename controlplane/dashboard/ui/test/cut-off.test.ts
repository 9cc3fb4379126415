import assert from 'node:assert/strict'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { unused } from '../../../../hostsdk/js/test/support/port.ts'
import { fill } from './sample.ts'
import { accessible, adminToken, ended, Server, world } from './support.ts'

const room = mkdtempSync(join(tmpdir(), 'gonfalon-cut-off-'))
const w = world()
const etcds: ChildProcess[] = []
after(async () => {
  for (const each of etcds) await ended(each, 'SIGKILL')
  rmSync(room, { recursive: true, force: true })
})

const place = (page: Page) => page.locator('.foot .live')

/** Edits a percentage that isn't saved yet. */
async function edit(page: Page, to: string, lead: string): Promise<void> {
  await page.getByRole('button', { name: 'Edit percentage' }).click()
  await page.getByLabel('Percentage of actors, in percent').fill(to)
  await page.keyboard.press('Tab')
  await page.getByText(lead).waitFor()
  await page.getByLabel('Reason, for the history').fill('typed before')
}

/** Checks that what was typed is there, and saves it. */
async function save(page: Page, key: string, typed: string): Promise<void> {
  await place(page).getByText('Live', { exact: true }).waitFor()
  assert.equal(await page.getByLabel('Percentage of actors, in percent').inputValue(), typed)
  assert.equal(await page.getByLabel('Reason, for the history').inputValue(), 'typed before')
  await page.getByText("The server can't be reached").waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await page.getByText(`${key} is saved in staging.`).waitFor()
}

test('without a network the page says so, keeps what is typed, and shows afterwards what it missed', async () => {
  const page = await w.open('/envs/staging/flags/mail_digest')
  const list = await w.open('/envs/staging/flags?q=mail', { context: page.context() })
  await list.locator('[data-key=mail_amp]').waitFor()
  await edit(page, '60', '40.0 % of actors turn on')
  await page.context().setOffline(true)
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await page.getByText("The server can't be reached").waitFor()
  await place(page).getByText('Cut off; what you typed is kept').waitFor()
  await place(list).getByText('Cut off; what you typed is kept').waitFor()
  await w.server.api('POST', '/v1/envs/staging/flags/mail_amp/kill', { reason: 'while it was cut off' })
  await page.getByRole('link', { name: 'Audit' }).click()
  await page.getByText('Save or discard this first').waitFor()
  await page.context().setOffline(false)
  await list.locator('[data-key=mail_amp]').getByText('while it was cut off').waitFor()
  await save(page, 'mail_digest', '60 %')
})

test('a page that cannot be loaded while it is cut off appears when the network is back', async () => {
  const page = await w.open('/envs/staging/flags')
  await page.locator('[data-key]').first().waitFor()
  await page.context().setOffline(true)
  await page.getByRole('link', { name: 'Hosts', exact: true }).click()
  await page.getByText("This page can't be loaded").waitFor()
  await page.context().setOffline(false)
  await page.getByRole('heading', { name: 'Hosts' }).waitFor()
})

test('a server that was stopped and started again', async (t) => {
  const address = `127.0.0.1:${await unused()}`
  const start = async (): Promise<Server> => {
    const server = await Server.start([], ['--data-dir', join(room, 'data')], address)
    t.after(server.stop)
    return server
  }
  let server = await start()
  await fill(server.address, adminToken)
  const context = await w.browser.newContext()
  await context.request.post(`${server.address}/v1/sessions`, { data: { token: adminToken } })
  const page = await context.newPage()
  await page.goto(`${server.address}/envs/staging/flags/payments_retry`)
  await edit(page, '95', '20.0 % of actors turn on')
  await server.stop()
  await place(page).getByText('Cut off; what you typed is kept').waitFor()
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await page.getByText("The server can't be reached").waitFor()
  server = await start()
  await save(page, 'payments_retry', '95 %')
  const { gates } = await server.api('GET', '/v1/envs/staging/flags/payments_retry')
  assert.ok(gates.some((gate: { ratio?: number }) => gate.ratio === 0.95))
  await context.close()
})

/** An etcd of its own. The command's tests can be one. */
async function etcd(program: string, address: string): Promise<ChildProcess> {
  const child = spawn(program, { cwd: room, env: { ...process.env, GONFALON_TEST_AS_ETCD: address }, stdio: 'inherit' })
  etcds.push(child)
  const [host, port] = address.split(':') as [string, string]
  const open = (): Promise<boolean> => new Promise((resolve) => connect(Number(port), host, () => resolve(true)).on('error', () => resolve(false)))
  while (!(await open())) await new Promise((resolve) => setTimeout(resolve, 20))
  return child
}

test('a replica that has lost its store', async (t) => {
  const program = join(room, 'etcd')
  execFileSync('go', ['test', '-c', '-o', program, './cmd/gonfalon'], { cwd: fileURLToPath(new URL('../../../..', import.meta.url)) })
  const address = `127.0.0.1:${await unused()}`
  const cluster = await etcd(program, address)
  const server = await Server.start([], ['--etcd-endpoints', `http://${address}`])
  t.after(server.stop)
  await fill(server.address, adminToken)
  const context = await w.browser.newContext()
  await context.request.post(`${server.address}/v1/sessions`, { data: { token: adminToken } })
  const page = await context.newPage()
  await page.goto(`${server.address}/envs/staging/flags/search_suggest`)
  await edit(page, '95', '5.0 % of actors turn on')
  await ended(cluster, 'SIGKILL')
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await place(page).getByText('The store doesn’t answer').waitFor()
  await page.getByText("the store doesn't answer", { exact: false }).first().waitFor()
  const other = await context.newPage()
  await other.goto(`${server.address}/envs/staging/flags/shop_banner`)
  await other.getByRole('alert').getByText("the store doesn't answer").waitFor()
  await etcd(program, address)
  await other.getByRole('heading', { name: 'shop_banner' }).waitFor()
  await save(page, 'search_suggest', '95 %')
  await context.close()
})

test('a session that ends keeps what is typed until one signs in again', async () => {
  const { token, id } = await w.server.api('POST', '/v1/tokens', { name: 'on call', role: 'editor' })
  const page = await w.open('/envs/staging/flags/mail_preferences_v2', { token })
  await edit(page, '50', '49.0 % of actors turn on')
  await w.server.api('DELETE', `/v1/tokens/${id}`)
  const door = page.getByRole('dialog', { name: 'Sign in again' })
  await door.getByText('The session has ended').waitFor() // by itself: nothing was asked of the page
  await place(page).getByText('The session has ended; what you typed is kept').waitFor()
  await accessible(page, 'sign in again')
  const again = await w.server.api('POST', '/v1/tokens', { name: 'on call', role: 'editor' })
  await door.getByLabel('Token').fill(again.token)
  await page.keyboard.press('Enter')
  await door.waitFor({ state: 'detached' })
  await save(page, 'mail_preferences_v2', '50 %')
})
