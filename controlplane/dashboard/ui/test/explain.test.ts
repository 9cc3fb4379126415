import assert from 'node:assert/strict'
import { test } from 'node:test'
import { world } from './support.ts'

const w = world()

test('the module in the page says why, and sends nothing', async () => {
  const page = await w.open('/envs/production/explain/checkout_new_payment')
  await page.getByText('Off for no actor').waitFor()
  const asked: string[] = []
  page.on('request', (request) => request.url().endsWith('/explain') && asked.push(request.url()))
  await page.getByLabel('Actor').fill('user:7')
  await page.getByText('On for user:7').waitFor()
  await page.getByText('The actor gate turns it on.').waitFor()
  await page.getByLabel('Actor').fill('user:42')
  await page.getByText(/25% of actors: score 0\.\d{4} > 0\.2500/).waitFor()
  await page.getByLabel('Groups, add one').fill('staff,')
  await page.getByText('The group gate turns it on.').waitFor()
  assert.deepEqual(asked, [])
  await page.waitForURL(/actor=user%3A42&groups=staff/)
})

test('a past revision is asked of the server, and the address is shared', async () => {
  const { entries } = await w.server.api('GET', '/v1/envs/production/flags/checkout_new_payment/history?action=flag.clear')
  const revision = entries[0].revision
  const page = await w.open(`/envs/production/explain/checkout_new_payment?actor=user:19&groups=staff&revision=${revision}`)
  await page.getByText('On for user:19').waitFor()
  await page.getByText('The server decides by the flags as they were.').waitFor()
  await page.getByRole('radio', { name: 'Now' }).check({ force: true })
  await page.getByText('Off for user:19').waitFor()
  await page.getByText('The actor gate turns it off.').waitFor()
})

test('a line of a log is read', async () => {
  const page = await w.open('/envs/production/explain/search_ranking_v3')
  await page.getByLabel('Or paste a line from a log').fill('level=info actor=user:5 groups=beta country=DE app=5.3.0')
  await page.getByText('On for user:5').waitFor()
  await page.getByText('The rule gate turns it on').waitFor()
  assert.equal(await page.getByLabel('Value of attribute 1').inputValue(), 'DE')
})

test('a change arrives while one looks', async () => {
  const page = await w.open('/envs/staging/explain/shop_gift_cards?actor=user:3')
  await page.getByText('Off for user:3').waitFor()
  await page.getByText('Live', { exact: true }).waitFor()
  await w.server.api('POST', '/v1/envs/staging/flags/shop_gift_cards/enable', {})
  await page.getByText('On for user:3').waitFor()
})

test('a flag that is not there has no ladder', async () => {
  const page = await w.open('/envs/production/explain/no_such_flag?actor=user:3')
  await page.getByRole('alert').getByText('no_such_flag').waitFor()
  assert.equal(await page.locator('.step, .verdict').count(), 0)
})
