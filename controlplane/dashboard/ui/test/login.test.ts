import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { accessible, adminToken, ended, world, type Page } from './support.ts'

const w = world([], false)
const gonfalon = process.env['GONFALON_BIN'] ?? fileURLToPath(new URL('../../../../bin/gonfalon', import.meta.url))

/** Runs gonfalon login --browser without a browser until it says the address; `end` tells how it ended. */
async function login(t: TestContext): Promise<{ address: string; code: string; run: (...args: string[]) => Promise<string>; end: Promise<string> }> {
  const home = await mkdtemp(join(tmpdir(), 'gonfalon-login-'))
  const start = (...args: string[]) => spawn(gonfalon, args, { env: { PATH: home, HOME: home, GONFALON_KEYRING: 'off', GONFALON_SERVERS: join(home, 'servers.yaml') } })
  const child = start('login', w.server.address, '--browser')
  t.after(async () => {
    await ended(child)
    await rm(home, { recursive: true })
  })
  const said = (of: typeof child): { text: string; end: Promise<string> } => {
    const it = { text: '', end: new Promise<string>((resolve) => of.on('close', () => resolve(it.text))) }
    for (const stream of [of.stdout, of.stderr]) stream.on('data', (data: Buffer) => (it.text += data.toString()))
    return it
  }
  const all = said(child)
  const found = await new Promise<RegExpExecArray>((resolve, reject) => {
    child.stderr.on('data', () => {
      const m = /code (\S+):\n\s+(http:\S+)\n/.exec(all.text)
      if (m) resolve(m)
    })
    child.on('close', () => reject(new Error(all.text)))
  })
  return { address: found[2]!, code: found[1]!, end: all.end, run: (...args) => said(start(...args)).end }
}

/** Opens an address in a browser of its own, which a token may have signed in. */
async function open(address: string, token: string): Promise<Page> {
  const context = await w.browser.newContext()
  if (token) assert.equal((await context.request.post(`${w.server.address}/v1/sessions`, { data: { token } })).status(), 201)
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  await page.goto(address)
  return page
}

test('whoever signs in and confirms lets the command act for them', async (t) => {
  const { token } = await w.server.api('POST', '/v1/tokens', { name: 'ada', role: 'viewer' })
  const { address, code, end, run } = await login(t)
  const page = await open(address, '')
  await page.getByLabel('Token').fill(token)
  await page.keyboard.press('Enter')
  await page.getByText(code).waitFor()
  await accessible(page, 'login')
  await page.getByRole('button', { name: 'Let it act as ada' }).click()
  await page.getByText('gonfalon is signed in. You can close this page.').waitFor()
  assert.doesNotMatch(page.url(), /gfn_viewer/)
  const text = await end
  assert.match(text, /signed in to local \(\S+\) as ada on \S+, role viewer/)
  assert.doesNotMatch(text, /gfn_/)
  assert.match(await run('status'), /ready|default/)
  assert.match(await run('flags', 'create', 'x'), /viewer/)
  const { tokens } = await w.server.api('GET', '/v1/tokens')
  assert.equal(tokens.filter((each: { name: string; role: string }) => each.name.startsWith('ada on ') && each.role === 'viewer').length, 1)
})

test('the command ends when the person says no', async (t) => {
  const { address, end } = await login(t)
  const page = await open(address, adminToken)
  await page.getByRole('button', { name: 'No' }).click()
  await page.getByText('declined in the browser').waitFor()
  assert.match(await end, /declined in the browser; nothing was kept/)
})

test('an address that leads elsewhere is not taken, and a page elsewhere cannot frame the question', async (t) => {
  const { address } = await login(t)
  for (const [from, to] of [[/port=\d+/, 'port=80'], [/port=\d+/, 'port=8080@attacker.example'], [/port=\d+/, 'port=99999'], [/state=\w+/, 'state='], [/challenge=\w+/, 'challenge=x']] as const) {
    const page = await open(address.replace(from, to), adminToken)
    await page.getByText("This address isn't whole").waitFor()
    assert.equal(await page.getByRole('button', { name: /^Let it act/ }).count(), 0, to)
    await page.context().close()
  }
  const answer = await fetch(address)
  assert.match(answer.headers.get('content-security-policy')!, /frame-ancestors 'none'/)
})
