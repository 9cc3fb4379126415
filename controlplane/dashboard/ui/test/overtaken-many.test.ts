import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { world } from './support.ts'

/** The same as in overtaken.test.ts for changes of a whole environment: they do what was looked at, or ask again. */

const w = world()
const api = (method: string, path: string, body?: unknown) => w.server.api(method, `/v1/envs/${path}`, body)
const there = (path: string): Promise<boolean> => api('GET', path).then(() => true, () => false)
const again = (page: Page) => page.getByText('This is what it would do now.').waitFor()

test('a flag is brought over as it was looked at', async () => {
  const page = await w.open('/matrix?q=checkout_new_payment')
  await page.locator('[data-env=Production] .cell').first().click()
  await page.getByRole('button', { name: 'Bring from staging…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.locator('.differences .lead').waitFor()
  await api('POST', 'staging/flags/checkout_new_payment/enable', { for_group: 'source' })
  await dialog.getByRole('button', { name: 'Save in production' }).click()
  await again(page)
  await dialog.getByText('source').first().waitFor()
  await api('POST', 'production/flags/checkout_new_payment/enable', { for_group: 'target' })
  await dialog.getByRole('button', { name: 'Save in production' }).click()
  await page.waitForFunction(() => document.querySelector('dialog')?.textContent?.includes('target'))
  assert.ok((await api('GET', 'production/flags/checkout_new_payment')).gates.some((gate: { target?: string }) => gate.target === 'target'))
  await api('POST', 'production/flags/search_freeze/enable', { for_group: 'elsewhere' }) // which this isn't about
  await dialog.getByRole('button', { name: 'Save in production' }).click()
  await dialog.waitFor({ state: 'detached' })
  assert.deepEqual((await api('GET', 'production/flags/checkout_new_payment')).gates, (await api('GET', 'staging/flags/checkout_new_payment')).gates)
})

test('an environment is copied as it was looked at', async () => {
  const page = await w.open('/environments')
  await page.getByRole('button', { name: 'Copy…' }).click()
  await page.getByLabel('From').selectOption('staging')
  await page.getByLabel('Into').selectOption('development')
  await page.getByLabel('Delete what staging').check()
  await page.locator('.differences .lead').waitFor()
  await api('PUT', 'development/flags/only_here', { gates: [] })
  await page.getByRole('button', { name: 'Copy into development' }).click()
  await again(page)
  assert.equal(await there('development/flags/only_here'), true)
  await page.getByRole('button', { name: 'Copy into development' }).click()
  await page.getByText('development has what staging has').waitFor()
  assert.equal(await there('development/flags/only_here'), false)
})

test('an environment is rolled back as it was looked at, and so is the undo', async () => {
  const page = await w.open('/envs/staging/audit')
  const { revision } = await api('POST', 'staging/flags/mail_amp/kill')
  await api('POST', 'staging/flags/mail_amp/revive')
  await page.getByRole('button', { name: `Roll back to ${revision}` }).click()
  const dialog = page.getByRole('dialog')
  await dialog.locator('.differences .lead').waitFor()
  await api('PUT', 'staging/flags/in_between', { gates: [] })
  await dialog.getByRole('button', { name: 'Roll back in staging' }).click()
  await again(page)
  await dialog.getByText('in_between').first().waitFor()
  assert.equal(await there('staging/flags/in_between'), true)
  await dialog.getByRole('button', { name: 'Roll back in staging' }).click()
  await page.getByText(`staging is as at revision ${revision}.`).waitFor()
  assert.equal(await there('staging/flags/in_between'), false)
  await page.keyboard.press('Control+z')
  await page.getByText(/staging is as at revision \d+ again/).waitFor()
  assert.deepEqual([await there('staging/flags/in_between'), (await api('GET', 'staging/flags/mail_amp')).killed], [true, false])

  await page.getByRole('button', { name: `Roll back to ${revision}` }).click()
  await dialog.getByRole('button', { name: 'Roll back in staging' }).click()
  await page.getByText(`staging is as at revision ${revision}.`).waitFor()
  await api('PUT', 'staging/flags/afterwards', { gates: [] })
  await page.keyboard.press('Control+z')
  await page.getByText('Somebody changed it since then').waitFor()
  assert.equal(await there('staging/flags/afterwards'), true)
})

test('an environment is deleted with what it had when it was looked at', async () => {
  await w.server.api('POST', '/v1/envs', { key: 'doomed' })
  const page = await w.open('/environments')
  await api('PUT', 'doomed/flags/one', { gates: [] })
  await page.getByRole('button', { name: 'Delete doomed' }).click()
  await page.getByText('Its 1 flag').waitFor()
  await api('PUT', 'doomed/flags/two', { gates: [] })
  await page.getByLabel('Type doomed to go on').fill('doomed')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete doomed' }).click()
  await page.getByText('This is what it has now.').waitFor()
  assert.equal(await there('doomed'), true)
  await page.getByRole('dialog').getByRole('button', { name: 'Delete doomed' }).click()
  await page.getByText('doomed is deleted.').waitFor()
})

test('an environment that somebody deletes leaves the matrix, and the others stay in it', async () => {
  await w.server.api('POST', '/v1/envs', { key: 'passing' })
  const page = await w.open('/matrix?q=mail')
  await page.getByRole('columnheader', { name: /^Passing/ }).waitFor()
  await w.server.api('DELETE', '/v1/envs/passing?confirm=passing')
  await page.getByRole('columnheader', { name: /^Passing/ }).waitFor({ state: 'detached' })
  await api('POST', 'production/flags/mail_amp/enable', { for_group: 'still-live' })
  await page.getByText('still-live').first().waitFor()
})

test('what is marked in two tabs is marked', async () => {
  const context = await w.browser.newContext()
  const [one, two] = [await w.open('/envs/staging/flags?q=group:mail', { context }), await w.open('/envs/staging/flags?q=group:mail', { context })]
  await one.getByRole('button', { name: 'Favourite mail_amp' }).click()
  await two.locator('.star[aria-pressed=true]').waitFor()
  await two.getByRole('button', { name: 'Favourite mail_digest' }).click()
  await one.locator('[data-key=mail_digest] .star[aria-pressed=true]').waitFor()
  assert.equal(await one.locator('.star[aria-pressed=true]').count(), 2)
  await context.close()
})
