import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { adminToken, seen, world } from './support.ts'

/** What people do most, by keys alone: nothing is clicked, filled in or focused by a script. */
const w = world()
const flag = '/v1/envs/production/flags/checkout_new_payment'

/** Goes to an element by Tab, as somebody without a mouse does, and checks that one sees where the focus is. */
async function reach(page: Page, wanted: Locator, most = 60): Promise<void> {
  await wanted.first().waitFor()
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab')
    if (!(await wanted.first().evaluate((element) => element === document.activeElement))) continue
    const shown = await wanted.first().evaluate((element) => {
      const box = element.getBoundingClientRect()
      const around = [element, element.parentElement, element.parentElement?.parentElement].filter((each) => each instanceof Element)
      return { inView: box.bottom > 0 && box.top < innerHeight, outlined: around.some((each) => getComputedStyle(each).outlineStyle !== 'none') }
    })
    assert.deepEqual(shown, { inView: true, outlined: true }, String(wanted))
    return
  }
  assert.fail(`Tab doesn't reach ${String(wanted)}`)
}

/** Goes to an element by Tab and presses a key there. */
async function press(page: Page, wanted: Locator, key = 'Enter'): Promise<void> {
  await reach(page, wanted)
  await page.keyboard.press(key)
}

/** Chooses in a list that has the focus, by typing what an option begins with. */
async function choose(page: Page, wanted: Locator, begins: string): Promise<void> {
  await reach(page, wanted)
  await page.keyboard.type(begins)
}

test('sign in', async () => {
  const page = await w.open('/', { token: '' })
  await page.keyboard.type(adminToken)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Flags' }).waitFor()
})

test('find a flag, and open it', async () => {
  const page = await w.open('/envs/production/flags')
  await page.locator('[data-key]').first().waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('passkey')
  await page.getByText('1 of 40').waitFor()
  await page.keyboard.press('Enter')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'account_passkeys' }).waitFor()
})

test('filter by owner and tag', async () => {
  const page = await w.open('/envs/production/flags')
  await page.locator('[data-key]').first().waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('owner:check')
  await page.getByRole('option', { name: 'checkout' }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.keyboard.type('tag:rollout ')
  await page.getByText('2 of 40').waitFor()
  await page.keyboard.press('Backspace')
  await page.getByText('4 of 40').waitFor()
})

test('enable for a group', async () => {
  const page = await w.open('/envs/production/flags/shop_recommendations')
  await press(page, page.getByRole('button', { name: 'Edit group' }))
  await page.getByRole('form', { name: 'Edit group' }).waitFor()
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'On for these groups, add one')
  await page.keyboard.type('partners')
  await page.keyboard.press('Enter')
  await page.getByText('Members of group partners turn on').waitFor()
  await press(page, page.getByRole('button', { name: 'Save in production' }))
  await page.getByText('shop_recommendations is saved in production.').waitFor()
  const { gates } = await w.server.api('GET', '/v1/envs/production/flags/shop_recommendations')
  assert.ok(gates.some((gate: { type: string; target?: string }) => gate.type === 'group' && gate.target === 'partners'))
})

test('enable for a group, where there is no such gate yet', async () => {
  const page = await w.open('/envs/production/flags/mail_digest')
  await press(page, page.getByRole('button', { name: 'Add a gate' }), 'ArrowDown')
  await page.getByRole('button', { name: 'actor', exact: true }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('form', { name: 'Edit group' }).waitFor()
  await page.keyboard.type('staff,')
  await page.getByText('Members of group staff turn on').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('form', { name: 'Edit group' }).waitFor({ state: 'detached' })
  await press(page, page.getByRole('button', { name: 'Edit percentage' })) // the focus isn't lost: it goes on from there
})

test('move a rollout to 50 %, read who changes, save, and undo', async () => {
  const page = await w.open('/envs/production/flags/checkout_new_payment')
  await page.locator('.gate').first().waitFor()
  await page.keyboard.press('e')
  await page.locator('input.pct:focus').waitFor()
  await page.keyboard.type('50')
  await page.keyboard.press('Tab')
  await page.getByRole('region', { name: 'What this change does' }).getByText('25.0 % of actors turn on, none turn off.').waitFor()
  await page.keyboard.type('third wave')
  await press(page, page.getByRole('button', { name: 'Save in production' }))
  await page.getByText('checkout_new_payment is saved in production.').waitFor()
  const ratio = async () => (await w.server.api('GET', flag)).gates.find((gate: { type: string }) => gate.type === 'percentage_of_actors').ratio
  assert.equal(await ratio(), 0.5)
  await page.keyboard.press('Control+z')
  await page.getByText('checkout_new_payment is as before in production.').waitFor()
  assert.equal(await ratio(), 0.25)
})

test('kill from anywhere, and revive', async () => {
  const page = await w.open('/envs/production/segments')
  await page.getByRole('heading', { name: 'Segments' }).waitFor()
  const killed = async () => (await w.server.api('GET', '/v1/envs/production/flags/checkout_express')).killed
  for (const [verb, is] of [['Kill', 'killed'], ['Revive', 'revived']] as const) {
    await page.keyboard.press('Control+k')
    await page.keyboard.type('express')
    const option = page.getByRole('option', { selected: true })
    await option.getByText('checkout_express').waitFor()
    await option.getByText(`K${verb.toLowerCase()}`).waitFor() // what K does follows the last change
    await page.keyboard.press('K')
    await page.getByRole('heading', { name: `${verb} checkout_express in production?` }).waitFor()
    await page.waitForFunction((opened) => performance.now() - opened > 400, await page.evaluate(() => performance.now()))
    await page.keyboard.press('Enter')
    await page.getByText(`checkout_express is ${is} in production.`).waitFor()
    assert.equal(await killed(), verb === 'Kill')
  }
})

test('explain an actor at a past revision', async () => {
  const { entries } = await w.server.api('GET', `${flag}/history?action=flag.clear`)
  const page = await w.open('/envs/production/flags')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('newpay')
  await page.getByRole('option', { selected: true }).getByText('checkout_new_payment').waitFor()
  await page.keyboard.press('X')
  await reach(page, page.getByLabel('Actor', { exact: true }))
  await page.keyboard.type('user:19')
  await page.getByText('Off for user:19').waitFor()
  await reach(page, page.getByLabel('Groups, add one'))
  await page.keyboard.type('staff,')
  await page.getByText('The actor gate turns it off.').waitFor()
  await page.keyboard.press('Escape') // leaves the field, so that keys are the page's again
  while (Number(new URL(page.url()).searchParams.get('revision') ?? Infinity) > entries[0].revision) {
    const before = page.url()
    await page.keyboard.press('[')
    await page.waitForURL((url) => String(url) !== before)
  }
  await page.getByText('On for user:19').waitFor()
  await page.getByText(`As of revision ${entries[0].revision}`).waitFor()
})

test('compare two environments, and copy one flag', async () => {
  const page = await w.open('/matrix?q=account_passkeys')
  await w.server.api('POST', '/v1/envs/staging/flags/account_passkeys/enable', { for_group: 'partners' })
  await page.locator('.cell').first().waitFor()
  await page.keyboard.press('j')
  await page.getByText('where staging has').waitFor()
  await page.keyboard.press('c')
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => (document.activeElement as HTMLElement).innerText), 'Bring from staging…')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Bring account_passkeys from staging to production?' }).waitFor()
  await page.getByRole('dialog').getByText('partners').waitFor()
  await page.keyboard.type('as in staging')
  await seen(page)
  await page.keyboard.press('Enter')
  await page.getByText('The same gates as in staging.').waitFor()
  const { gates } = await w.server.api('GET', '/v1/envs/production/flags/account_passkeys')
  assert.ok(gates.some((gate: { target?: string }) => gate.target === 'partners'))
})

test('write a segment', async () => {
  const page = await w.open('/envs/production/segments')
  await page.getByRole('button', { name: /^New segment/ }).waitFor()
  await page.keyboard.press('n')
  await page.keyboard.type('dach')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'dach' }).waitFor()
  await press(page, page.getByRole('button', { name: 'If…' }))
  await page.getByLabel('Attribute of condition 1').waitFor()
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Attribute of condition 1')
  await page.keyboard.type('country')
  await choose(page, page.getByLabel('Comparison of condition 1'), 'is one of')
  await reach(page, page.getByLabel('Values of condition 1, add one'))
  await page.keyboard.type('DE, AT, CH,')
  await press(page, page.getByRole('button', { name: 'Save in production' }))
  await page.getByText('dach is saved in production.').waitFor()
  assert.deepEqual((await w.server.api('GET', '/v1/envs/production/segments/dach')).constraints, [{ attribute: 'country', operator: 'in', values: ['DE', 'AT', 'CH'] }])
})

test('revoke a token', async () => {
  const { id } = await w.server.api('POST', '/v1/tokens', { name: 'old laptop', role: 'viewer' })
  const page = await w.open('/envs/production/flags')
  await page.locator('[data-key]').first().waitFor()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('tokens')
  await page.getByRole('option', { name: /Tokens/ }).waitFor()
  await page.keyboard.press('ArrowUp') // the last but one: below what flags are called so
  await page.keyboard.press('ArrowUp')
  await page.getByRole('option', { name: /Tokens/, selected: true }).waitFor()
  await page.keyboard.press('Enter')
  await press(page, page.getByRole('button', { name: `Revoke old laptop, ${id}` }))
  await page.getByRole('heading', { name: 'Revoke old laptop?' }).waitFor()
  await page.keyboard.type('lost')
  await seen(page)
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByText('old laptop').waitFor({ state: 'detached' })
  const { tokens } = await w.server.api('GET', '/v1/tokens')
  assert.ok(!tokens.some((token: { id: string }) => token.id === id))
})
