import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminToken, seen, world, type Page } from './support.ts'

/** Whoever goes to another page finds the focus at its heading, and its name in the title; nothing that goes away leaves the focus nowhere. */
const w = world()

/** Waits until the focus is in the page, and tells what has it. */
async function focused(page: Page): Promise<string> {
  await page.waitForFunction(() => document.activeElement !== document.body)
  return page.evaluate(() => `${document.activeElement!.tagName} ${document.activeElement!.getAttribute('aria-label') ?? document.activeElement!.textContent!.trim()}`)
}

async function atHeading(page: Page, name: string): Promise<void> {
  await page.waitForFunction((name) => document.activeElement?.tagName === 'H1' && document.activeElement.textContent === name, name)
}

test('each way to another page leads to its heading', async () => {
  const page = await w.open('/envs/production/flags')
  await page.locator('[data-key]').first().waitFor()
  assert.equal(await page.evaluate(() => document.activeElement === document.body), true, 'the first page is as the browser opens it')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await atHeading(page, 'account_delete_self')
  assert.match(await page.title(), /^account_delete_self · Production/)
  await page.keyboard.press('h')
  await atHeading(page, 'History of account_delete_self')
  assert.match(await page.title(), /^History of account_delete_self · Production/)
  await page.goBack()
  await atHeading(page, 'account_delete_self')
  await page.keyboard.press('x')
  await atHeading(page, 'Explain account_delete_self')
  assert.match(await page.title(), /^Explain account_delete_self · Production/)
  for (const [name, heading] of [['Segments', 'Segments'], ['Matrix', 'Every environment'], ['Audit', 'Audit']] as const) {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).press('Enter')
    await atHeading(page, heading)
    assert.match(await page.title(), new RegExp(`^${heading}`))
  }
  await page.getByRole('button', { name: /^Environment: production/ }).press('Enter')
  await page.getByRole('link', { name: /^Staging/ }).press('Enter')
  await page.waitForURL(/staging/)
  await atHeading(page, 'Audit')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('checkout_new')
  await page.getByRole('option', { selected: true }).getByText('checkout_new_payment').waitFor()
  await page.keyboard.press('Enter')
  await atHeading(page, 'checkout_new_payment')
  await page.goto(`${w.server.address}/envs/production/flags/checkout_new_payment?tab=dependencies`)
  await page.getByRole('link', { name: /checkout_upsell/ }).press('Enter')
  await atHeading(page, 'checkout_upsell')
  await page.getByRole('link', { name: 'Usage' }).press('Enter')
  assert.equal(await focused(page), 'A Usage', 'a part of the page is no page')
  await page.getByRole('link', { name: 'Flags', exact: true }).first().press('Enter')
  await atHeading(page, 'Flags')
  await page.keyboard.press('n')
  await page.locator('input:focus').waitFor()
  assert.match(await page.title(), /^New flag/)
})

test('signing in leads to the heading, and signing out to the field of the token', async () => {
  const page = await w.open('/', { token: '' })
  await page.keyboard.type(adminToken)
  await page.keyboard.press('Enter')
  await atHeading(page, 'Flags')
  await page.getByRole('button', { name: /^Signed in as/ }).press('Enter')
  await page.getByRole('button', { name: 'Sign out' }).press('Enter')
  await page.locator('input#token:focus').waitFor()
})

test('a flag that is deleted leads to the list, one that is saved back to what was edited', async () => {
  await w.server.api('PUT', '/v1/envs/staging/flags/f_gone', { gates: [{ type: 'percentage_of_actors', ratio: 0.2 }] })
  const page = await w.open('/envs/staging/flags/f_gone')
  await page.getByRole('button', { name: 'Edit percentage' }).press('Enter')
  await page.locator('input.pct:focus').waitFor()
  await page.keyboard.type('30')
  await page.keyboard.press('Tab')
  await page.getByText('10.0 % of actors turn on').waitFor()
  await page.getByRole('button', { name: 'Save in staging' }).press('Enter')
  await page.getByText('f_gone is saved in staging.').waitFor()
  await page.locator('form.editor').waitFor({ state: 'detached' })
  assert.equal(await focused(page), 'BUTTON Edit percentage')
  await page.getByRole('button', { name: 'Close' }).press('Enter')
  await atHeading(page, 'f_gone')
  await page.getByRole('button', { name: 'More for f_gone' }).press('Enter')
  await page.getByRole('button', { name: 'Delete…' }).press('Enter')
  await page.getByRole('button', { name: 'Delete in staging' }).click()
  await atHeading(page, 'Flags')
})

test('a dialog that is refused keeps the focus in it', async () => {
  await w.server.api('PUT', '/v1/envs/staging/flags/f_refused', { gates: [] })
  const page = await w.open('/envs/staging/flags/f_refused')
  await page.getByRole('button', { name: 'Kill…' }).press('Enter')
  await page.locator('dialog .lead').waitFor()
  await seen(page)
  await page.route('**/kill', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 300)) // long enough for the browser to take the focus from a button that is disabled
    await route.fulfill({ status: 409, contentType: 'application/problem+json', body: '{"title":"not now"}' })
  })
  await page.getByRole('button', { name: 'Kill in staging' }).press('Enter')
  await page.locator('dialog .err').waitFor()
  assert.match(await focused(page), /^BUTTON Kill in staging/)
})

test('the bar that undoes waits for whoever is at it', async () => {
  const page = await w.open('/envs/staging/flags/mail_digest')
  await page.clock.install()
  await page.getByRole('button', { name: 'Kill…' }).click()
  await page.getByRole('button', { name: 'Kill in staging' }).click()
  const undo = page.getByRole('button', { name: /^Undo|^Revive/ }).last()
  await page.getByText('mail_digest is killed in staging.').waitFor()
  await undo.focus()
  await page.clock.runFor(15_000)
  assert.equal(await page.getByText('mail_digest is killed in staging.').count(), 1)
  await page.evaluate(() => (document.activeElement as HTMLElement).blur())
  await page.clock.runFor(11_000)
  await page.getByText('mail_digest is killed in staging.').waitFor({ state: 'detached' })
})

test('what is on a page often has a name of its own each time', async () => {
  const often = [
    ['/matrix', '.cell', '.cell'],
    ['/envs/production/audit', '.list tbody tr', '.list button'],
    ['/envs/production/explain/search_ranking_v3?actor=user:1', '.step', '.step a'],
    ['/envs/production/flags', '[data-key]', '[data-key] a, [data-key] button'],
    ['/tokens', '.list tbody tr', '.list button'],
    ['/environments', '.list tbody tr', '.list button, .list a.link'],
  ] as const
  for (const [path, ready, controls] of often) {
    const page = await w.open(path)
    await page.locator(ready).first().waitFor()
    const names = await page.locator(controls).evaluateAll((each) => each.map((one) => one.getAttribute('aria-label') ?? one.textContent!.replace(/\s+/g, ' ').trim()))
    assert.ok(names.length > 0, path)
    assert.deepEqual(names.filter((name, i) => names.indexOf(name) !== i), [], path)
    await page.close()
  }
})
