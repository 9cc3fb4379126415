import assert from 'node:assert/strict'
import { test } from 'node:test'
import { world } from './support.ts'

const w = world()

test('several flags are killed with one preview, and all of it is undone', async () => {
  const page = await w.open('/envs/staging/flags?q=group:mail')
  await page.locator('[data-key]').first().waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('X')
  await page.getByText('3 flags selected').waitFor()
  await page.getByRole('button', { name: 'Kill…' }).click()
  const rows = page.locator('.bulk-rows')
  await rows.getByText('20.0 % of actors turn off, none turn on.').waitFor()
  await page.getByLabel('Reason, for the history').fill('mail is down')
  await page.getByRole('button', { name: 'Kill 3 flags in staging' }).click()
  await page.getByText('3 flags are changed in staging.').waitFor()
  const killed = async (): Promise<boolean[]> => (await w.server.api('GET', '/v1/envs/staging/flags?prefix=mail')).flags.map((flag: { killed: boolean }) => flag.killed)
  assert.deepEqual(await killed(), [true, true, true])
  await page.keyboard.press('Control+z')
  await page.getByText('3 flags are as before in staging.').waitFor()
  assert.deepEqual(await killed(), [false, false, false])
})

test('a flag that is like that already is left alone', async () => {
  const page = await w.open('/envs/production/flags?q=group:mail')
  await page.locator('[data-key]').first().waitFor()
  await page.keyboard.press('X')
  await page.getByRole('button', { name: 'Kill…' }).click()
  await page.locator('.bulk-rows li.skipped').getByText('is like that already').waitFor()
  await page.getByRole('button', { name: 'Kill 2 flags in production' }).waitFor()
})

test('the picture of prerequisites shows both directions', async () => {
  const page = await w.open('/envs/production/flags/checkout_new_payment?tab=dependencies')
  await page.getByRole('link', { name: /on payments_v2/ }).waitFor()
  await page.getByRole('link', { name: /partial checkout_upsell.*needs checkout_new_payment on/ }).click()
  await page.getByRole('heading', { name: 'checkout_upsell' }).waitFor()
  await page.getByRole('link', { name: /on payments_v2/ }).waitFor()
})
