import assert from 'node:assert/strict'
import { test } from 'node:test'
import { world } from './support.ts'

const w = world(['--dashboard-path', '/tools/flags', '--dashboard-read-only', '--dashboard-banner', 'Rehearsal on Monday', '--dashboard-production', 'staging'])

test('below a path, every address is below it', async () => {
  const { token } = await w.server.api('POST', '/v1/tokens', { name: 'a reader', role: 'editor' })
  const page = await w.open('/tools/flags/', { token: '' })
  await page.getByLabel('Token').fill(token)
  await page.keyboard.press('Enter')
  await page.locator('[data-key]').first().waitFor()
  assert.equal(new URL(page.url()).pathname, '/tools/flags/envs/staging/flags')
  await page.locator('[data-key] .key').first().click()
  await page.getByRole('heading', { name: 'account_delete_self' }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/tools/flags/envs/staging/flags/account_delete_self')
  await page.reload()
  await page.getByRole('heading', { name: 'account_delete_self' }).waitFor()
  await page.getByRole('link', { name: /^Explain/ }).last().click()
  await page.getByText('On for no actor').waitFor() // the module and the snapshot are below the path, too

  await page.getByRole('button', { name: /^Signed in as/ }).click()
  const docs = page.context().waitForEvent('page')
  await page.getByRole('link', { name: 'Documentation' }).click()
  await (await docs).getByRole('heading', { name: 'Documentation' }).waitFor()
  assert.equal(new URL((await docs).url()).pathname, '/tools/flags/docs/')

  await page.getByText('Rehearsal on Monday').waitFor()
  assert.equal(await page.getByRole('button', { name: /^(Kill|Edit|New flag)/ }).count(), 0)
  assert.ok(await page.evaluate(() => document.body.classList.contains('production')))
  await page.goto(`${w.server.address}/tools/flags/envs/production/flags`)
  await page.locator('[data-key]').first().waitFor()
  assert.ok(!(await page.evaluate(() => document.body.classList.contains('production'))))
})
