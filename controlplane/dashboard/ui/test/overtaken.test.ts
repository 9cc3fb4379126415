import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { seen, world } from './support.ts'

/** What somebody else does between a look at an act and the act is never overwritten, and never passed over. */

const w = world()
const api = (method: string, path: string, body?: unknown) => w.server.api(method, `/v1/envs/${path}`, body)
const flag = (key: string) => `staging/flags/${key}`
const group = (key: string, name: string) => api('POST', `${flag(key)}/enable`, { for_group: name, reason: 'meanwhile' })
const groups = async (path: string): Promise<string[]> => (await api('GET', path)).gates.filter((gate: { type: string }) => gate.type === 'group').map((gate: { target: string }) => gate.target)
const there = (path: string): Promise<boolean> => api('GET', path).then(() => true, () => false)

/** Confirms, and once more by habit in the same place: neither does what was not seen. */
async function confirm(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole('dialog').getByRole('button', { name }).dblclick()
  await page.getByRole('alert').getByText(/in the meantime/).waitFor()
}

test('a revival is of the flag that was looked at', async () => {
  await api('POST', `${flag('mail_digest')}/kill`)
  const page = await w.open('/envs/staging/flags/mail_digest')
  await page.getByRole('button', { name: 'Revive…' }).click()
  await page.getByText('20.0 % of actors turn on').waitFor()
  await api('POST', `${flag('mail_digest')}/enable`, {})
  await confirm(page, 'Revive in staging')
  await page.getByText('Everyone turns on').waitFor()
  assert.equal((await api('GET', flag('mail_digest'))).killed, true)
  await page.getByRole('button', { name: 'Revive in staging' }).click()
  await page.getByText('mail_digest is revived in staging.').waitFor()
})

test('a kill is never refused, and its undo takes back nothing of others', async () => {
  const page = await w.open('/envs/staging/flags/search_suggest')
  await page.getByRole('button', { name: 'Kill…' }).click()
  await page.getByText('90.0 % of actors turn off').waitFor()
  await group('search_suggest', 'staff')
  await page.getByRole('button', { name: 'Kill in staging' }).click()
  await page.getByText('search_suggest is killed in staging.').waitFor()
  assert.deepEqual(await groups(flag('search_suggest')), ['staff'])
  await group('search_suggest', 'beta')
  await page.getByRole('button', { name: 'Revive', exact: true }).click()
  await page.getByText('Somebody changed it since then').waitFor()
  assert.equal((await api('GET', flag('search_suggest'))).killed, true)
})

test('a flag that somebody changes is neither rolled back nor deleted unseen', async () => {
  const { revision } = await group('payments_retry', 'one')
  await group('payments_retry', 'two')
  const page = await w.open('/envs/staging/flags/payments_retry/history')
  await page.getByRole('button', { name: `Roll back to ${revision}`, exact: true }).click()
  await page.getByText('two turn off', { exact: false }).waitFor()
  await group('payments_retry', 'three')
  await confirm(page, /^Roll back to/)
  assert.deepEqual(await groups(flag('payments_retry')), ['one', 'three', 'two'])
  await page.getByRole('dialog').getByRole('button', { name: /^Roll back to/ }).click()
  await page.getByText('payments_retry is as at revision').waitFor()
  await group('payments_retry', 'four')
  await page.keyboard.press('Control+z')
  await page.getByText('Somebody changed it since then').waitFor()
  assert.deepEqual(await groups(flag('payments_retry')), ['four', 'one'])

  await page.goto(`${w.server.address}/envs/staging/flags/payments_retry`)
  await page.getByRole('button', { name: 'More for payments_retry' }).click()
  await page.getByRole('button', { name: 'Delete…' }).click()
  await page.locator('dialog .lead').waitFor()
  await group('payments_retry', 'five')
  await confirm(page, 'Delete in staging')
  assert.equal(await there(flag('payments_retry')), true)
  await page.getByRole('button', { name: 'Delete in staging' }).click()
  await page.getByText('payments_retry is deleted in staging.').waitFor()
  await page.keyboard.press('Control+z')
  await page.getByText('payments_retry is back in staging.').waitFor()
  assert.deepEqual(await groups(flag('payments_retry')), ['five', 'four', 'one'])
})

test('the history of a flag that was deleted brings it back', async () => {
  const { revision } = await group('mail_amp', 'staff')
  await api('DELETE', flag('mail_amp'))
  const page = await w.open('/envs/staging/flags/mail_amp/history')
  await page.getByRole('button', { name: `Roll back to ${revision}`, exact: true }).click()
  await page.getByRole('button', { name: `Roll back to ${revision} in staging` }).click()
  await page.getByText(`mail_amp is as at revision ${revision}`).waitFor()
  assert.deepEqual(await groups(flag('mail_amp')), ['staff'])
  await page.keyboard.press('Control+z')
  await page.getByText('mail_amp is gone again').waitFor()
  assert.equal(await there(flag('mail_amp')), false)
})

test('the undo of a save is of that flag, wherever one has gone since', async () => {
  const page = await w.open('/envs/staging/flags/checkout_upsell')
  await page.getByRole('button', { name: 'Edit percentage' }).click()
  await page.getByLabel('Percentage of actors, in percent').fill('80')
  await page.keyboard.press('Tab')
  await page.getByText(/ % of actors turn on/).waitFor()
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await page.getByText('checkout_upsell is saved in staging.').waitFor()
  await page.getByRole('link', { name: 'Dependencies' }).click()
  await page.getByRole('link', { name: /^partial checkout_new_payment/ }).click()
  await page.getByRole('heading', { name: 'checkout_new_payment' }).waitFor()
  await page.keyboard.press('Control+z')
  await page.getByText('checkout_upsell is as before in staging.').waitFor()
  assert.equal((await api('GET', flag('checkout_upsell'))).gates.find((gate: { ratio?: number }) => gate.ratio).ratio, 0.5)
})

test('several flags at once: what somebody changes is asked about again, and not undone', async () => {
  const page = await w.open('/envs/staging/flags?q=group:account')
  await page.locator('[data-key]').first().waitFor()
  await page.keyboard.press('X')
  await page.getByRole('button', { name: 'Turn on for everyone…' }).click()
  const rows = page.locator('.bulk-rows')
  await rows.locator('li.ready').first().waitFor()
  await group('account_merge', 'meanwhile')
  await page.getByRole('button', { name: /^Turn on for everyone 2 flags/ }).click()
  await rows.getByText('Changed in the meantime, nothing is done yet.').waitFor()
  assert.deepEqual(await groups(flag('account_merge')), ['meanwhile'])
  await seen(page)
  await page.getByRole('button', { name: 'Turn on for everyone 1 flag in staging' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' }) // the bar told of one flag before
  await page.keyboard.press('X')
  await page.getByRole('button', { name: 'Kill…' }).click()
  await page.getByRole('button', { name: /^Kill 4 flags/ }).click()
  await page.getByText('4 flags are changed in staging.').waitFor()
  await group('account_merge', 'later')
  await page.keyboard.press('Control+z')
  await page.getByText('3 flags are as before in staging.').waitFor()
  await page.getByText('account_merge: ', { exact: false }).waitFor()
  assert.equal((await api('GET', flag('account_merge'))).killed, true)
})

test('a flag that somebody changes after the look stays in the clean-up', async () => {
  for (const key of ['dead_one', 'dead_two']) await api('PUT', flag(key), { killed: true })
  const page = await w.open('/envs/staging/clean-up?for=0')
  for (const key of ['dead_one', 'dead_two']) await page.getByRole('checkbox', { name: `Choose ${key}` }).check()
  await page.getByRole('button', { name: 'Delete 2 in staging…' }).click()
  await page.getByRole('heading', { name: 'Delete 2 flags in staging?' }).waitFor()
  await group('dead_one', 'staff')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete in staging' }).click()
  await page.getByText('1 flag is deleted in staging.').waitFor()
  await page.getByText('dead_one stays: somebody changed it in the meantime.').waitFor()
  assert.deepEqual([await there(flag('dead_one')), await there(flag('dead_two'))], [true, false])
})

test('a segment that somebody changes is not deleted unseen', async () => {
  const segment = 'staging/segments/lonely'
  const plan = (value: string) => api('PUT', segment, { constraints: [{ attribute: 'plan', operator: 'eq', values: [value] }] })
  await plan('free')
  const page = await w.open(`/envs/${segment}`)
  await page.getByRole('button', { name: 'Delete…' }).click()
  await plan('paid')
  await confirm(page, 'Delete in staging')
  await page.getByText('plan is paid').first().waitFor()
  assert.equal(await there(segment), true)
  await page.getByRole('dialog').getByRole('button', { name: 'Delete in staging' }).click()
  await page.getByRole('heading', { name: 'Segments' }).waitFor()
  assert.equal(await there(segment), false)
})
