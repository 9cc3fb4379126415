import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminToken, world } from './support.ts'

const w = world()

test('a token signs in, another is refused in words', async () => {
  const page = await w.open('/', { token: '' })
  await page.getByLabel('Token').fill('gfn_admin_wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('No token is like this one').waitFor()
  await page.getByLabel('Token').fill(adminToken)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Flags' }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/envs/production/flags')
})

test('a one-time address signs in once, and leaves no secret in the address', async () => {
  const { secret } = await w.server.api('POST', '/v1/sessions/secrets')
  const page = await w.open(`/#secret=${secret}`, { token: '' })
  await page.getByRole('heading', { name: 'Flags' }).waitFor()
  assert.doesNotMatch(page.url(), /secret/)
  const again = await w.open(`/#secret=${secret}`, { token: '' })
  await again.getByText('That address was used already').waitFor()
  assert.doesNotMatch(again.url(), /secret/)
})

test('an address that is opened twice in one browser is signed in by the first time', async () => {
  const { secret } = await w.server.api('POST', '/v1/sessions/secrets')
  const context = await w.browser.newContext()
  for (const path of [`/#secret=${secret}`, `/#secret=${secret}`]) {
    const page = await w.open(path, { token: '', context })
    await page.getByRole('heading', { name: 'Flags' }).waitFor()
  }
})

test('signing out asks first where something is typed, and so does leaving a new flag', async () => {
  const page = await w.open('/envs/staging/new')
  await page.getByLabel('Description').fill('long to type')
  await page.getByRole('button', { name: /^Signed in as/ }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('Save or discard this first').waitFor()
  await page.getByRole('link', { name: 'Segments' }).first().click()
  assert.equal(await page.getByLabel('Description').inputValue(), 'long to type')
  await page.getByRole('link', { name: 'Discard' }).click()
  await page.locator('.rail').waitFor()
})

test('a client token is told why it cannot sign in', async () => {
  const { token } = await w.server.api('POST', '/v1/tokens', { name: 'a shop', role: 'client' })
  const page = await w.open('/', { token: '' })
  await page.getByLabel('Token').fill(token)
  await page.keyboard.press('Enter')
  await page.locator('#problem').waitFor()
  assert.match((await page.locator('#problem').textContent())!, /client/)
})

test('a viewer sees no control that would fail', async () => {
  const { token } = await w.server.api('POST', '/v1/tokens', { name: 'a viewer', role: 'viewer' })
  const page = await w.open('/envs/production/flags/checkout_new_payment', { token })
  await page.getByRole('heading', { name: 'checkout_new_payment' }).waitFor()
  for (const name of [/^Kill/, /^Edit/, /^Add a gate/, /^Roll back/, /^More/]) assert.equal(await page.getByRole('button', { name }).count(), 0, String(name))
  await page.keyboard.press('K')
  assert.equal(await page.getByRole('dialog').count(), 0)
})

test('revoking the token ends the session', async () => {
  const { token, id } = await w.server.api('POST', '/v1/tokens', { name: 'gone soon', role: 'editor' })
  const page = await w.open('/envs/staging/flags', { token })
  await page.getByText('account_merge').first().waitFor()
  await w.server.api('DELETE', `/v1/tokens/${id}`)
  await page.getByRole('dialog').getByText('The session has ended').waitFor()
})

test('signing out needs the token again', async () => {
  const page = await w.open('/')
  await page.getByRole('button', { name: /^Signed in as/ }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Token').waitFor()
  await page.reload()
  await page.getByLabel('Token').waitFor()
})
