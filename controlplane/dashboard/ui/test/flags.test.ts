import assert from 'node:assert/strict'
import { test } from 'node:test'
import { world } from './support.ts'

const w = world()

test('the list says what is on, for whom, since when, who did it', async () => {
  const page = await w.open('/envs/production/flags?q=checkout_new_payment')
  const row = page.locator('[data-key="checkout_new_payment"]')
  await row.waitFor()
  const text = (await row.innerText()).replace(/\s+/g, ' ')
  assert.match(text, /partial/)
  assert.match(text, /user:7, group staff, 25 % of actors, not user:19, needs payments_v2/)
  assert.match(text, /second wave user:42 · /)
})

test('words turn into tokens, and the address keeps them', async () => {
  const page = await w.open('/envs/production/flags')
  await page.keyboard.press('/')
  await page.keyboard.type('owner:checkout state:partial ')
  await page.getByText('2 of 40').waitFor()
  await page.waitForURL((url) => url.searchParams.get('q') === 'owner:checkout state:partial')
  await page.reload()
  await page.getByText('2 of 40').waitFor()
  await page.getByRole('button', { name: 'Remove state partial' }).click()
  await page.getByText('4 of 40').waitFor()
})

test('a value is suggested while a token is typed', async () => {
  const page = await w.open('/envs/production/flags')
  await page.locator('[data-key]').first().waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('tag:exp')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByText('2 of 40').waitFor()
})

test('keys move, mark, select and open', async () => {
  const page = await w.open('/envs/production/flags')
  await page.locator('[data-key]').first().waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  assert.equal(await page.locator('.row.cur').getAttribute('data-key'), 'account_merge')
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('title')), 'account_merge')
  await page.keyboard.press('f')
  assert.equal(await page.locator('.row.cur .star').getAttribute('aria-pressed'), 'true')
  await page.locator('.rail').getByRole('link', { name: /^Favourites 1/ }).waitFor()
  await page.keyboard.press('?')
  const help = page.getByRole('dialog', { name: 'All keys' })
  assert.deepEqual((await help.locator('dt').allInnerTexts()).sort(), ['/', '?', 'Ctrl K', 'Esc', 'X', 'e', 'f', 'j k', 'n', 'x'])
  await page.keyboard.press('Escape')
  await page.keyboard.press('e')
  await page.getByRole('heading', { name: 'account_merge' }).waitFor()
  await page.goBack()
  await page.locator('[data-key]').first().waitFor()
})

test('keys of one letter can be turned off, and are no part of a name', async () => {
  const page = await w.open('/envs/production/flags')
  const make = page.getByRole('link', { name: 'New flag', exact: true })
  assert.equal(await make.getAttribute('aria-keyshortcuts'), 'n')
  const toggle = async (): Promise<void> => {
    await page.getByRole('button', { name: /^Signed in as/ }).click()
    await page.getByRole('button', { name: 'Keys of one letter' }).click()
  }
  await toggle()
  await page.reload()
  await page.locator('[data-key]').first().waitFor()
  assert.equal(await make.innerText(), 'New flag')
  await page.keyboard.press('n')
  await page.keyboard.press('?')
  await page.keyboard.press('Control+k') // has a second key, so it is never pressed by mistake
  await page.getByRole('dialog', { name: 'Find or do' }).waitFor()
  assert.equal(await page.getByRole('dialog').count(), 1)
  assert.ok(page.url().endsWith('/flags'))
  await page.keyboard.press('Escape')
  await toggle()
  await page.keyboard.press('n')
  await page.getByRole('heading', { name: 'New flag in production' }).waitFor()
})

test('a change by someone else appears before the whole list is read again', async () => {
  const page = await w.open('/envs/production/flags?q=shop_recommendations')
  const row = page.locator('[data-key="shop_recommendations"]')
  await row.waitFor()
  await page.getByText('Live', { exact: true }).waitFor()
  let answer = (): void => {}
  const waits = new Promise<void>((resolve) => (answer = resolve))
  await page.route('**/v1/envs/production/index', async (route) => {
    await waits
    await route.continue()
  })
  const asked = page.waitForRequest('**/v1/envs/production/index')
  await w.server.api('POST', '/v1/envs/production/flags/shop_recommendations/enable', { for_group: 'first-of-all', reason: 'seen at once' })
  await row.getByText('seen at once').waitFor()
  await row.getByText('group first-of-all').waitFor()
  await asked
  answer()
})

test('a change by someone else appears by itself', async () => {
  const page = await w.open('/envs/production/flags?q=shop_recommendations')
  const row = page.locator('[data-key="shop_recommendations"]')
  await row.getByText('33.3').waitFor()
  await page.getByText('Live', { exact: true }).waitFor()
  await w.server.api('POST', '/v1/envs/production/flags/shop_recommendations/kill', { reason: 'wrong products' })
  await row.getByText('killed', { exact: true }).waitFor()
  await row.getByText('wrong products').waitFor()
})

test('the environment is switched in place, and production is unmistakable', async () => {
  const page = await w.open('/envs/production/flags/checkout_express')
  assert.ok(await page.evaluate(() => document.body.classList.contains('production')))
  await page.getByRole('button', { name: /^Environment: production/ }).click()
  await page.getByRole('link', { name: /^Staging/ }).click()
  await page.getByRole('button', { name: /^Environment: staging/ }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/envs/staging/flags/checkout_express')
  assert.ok(!(await page.evaluate(() => document.body.classList.contains('production'))))
})

test('a flag is found and opened from anywhere', async () => {
  const page = await w.open('/envs/production/flags/checkout_express')
  await page.getByRole('heading', { name: 'checkout_express' }).waitFor()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('newpay')
  await page.getByRole('option', { selected: true }).getByText('checkout_new_payment').waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'checkout_new_payment' }).waitFor()
})

test('a flag is made, and its making is undone', async () => {
  const page = await w.open('/envs/staging/flags')
  await page.locator('[data-key]').first().waitFor()
  await page.keyboard.press('n')
  await page.getByLabel('Key').fill('shop_made_here')
  await page.getByLabel('Owner').fill('shop')
  await page.getByRole('button', { name: 'Make it in staging' }).click()
  await page.getByText('shop_made_here is made in staging').waitFor()
  await page.keyboard.press('Control+z')
  await page.getByText('shop_made_here is gone again').waitFor()
  await assert.rejects(w.server.api('GET', '/v1/envs/staging/flags/shop_made_here'), /404/)
})

test('columns order the list both ways, and groups can be left out', async () => {
  const page = await w.open('/envs/production/flags?q=owner:checkout')
  const keys = () => page.locator('[data-key]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-key')))
  await page.locator('[data-key]').first().waitFor()
  const all = ['checkout_express', 'checkout_legacy_cart', 'checkout_new_payment', 'checkout_upsell']
  assert.deepEqual(await keys(), all)
  const head = page.getByRole('columnheader', { name: 'Flag' })
  await head.getByRole('button').click()
  assert.equal(await head.getAttribute('aria-sort'), 'descending')
  assert.deepEqual(await keys(), [...all].reverse())
  await page.getByLabel('Groups', { exact: true }).uncheck()
  await page.getByRole('rowheader', { name: /^checkout 2/ }).waitFor({ state: 'detached' })
  await page.getByRole('columnheader', { name: 'State' }).getByRole('button').click()
  assert.deepEqual(await keys(), ['checkout_express', 'checkout_legacy_cart', 'checkout_new_payment', 'checkout_upsell'])
  await page.waitForURL((url) => url.searchParams.get('sort') === 'state')
})

test('the same flags are shown as cards, with the same keys', async () => {
  const page = await w.open('/envs/production/flags?q=owner:checkout')
  await page.locator('[data-key]').first().waitFor()
  await page.getByRole('link', { name: 'Cards' }).click()
  await page.getByRole('listitem').filter({ hasText: 'checkout_new_payment' }).getByText('25 % of actors').waitFor()
  assert.deepEqual(await page.locator('.card').evaluateAll((cards) => cards.map((card) => card.getAttribute('data-key'))), ['checkout_express', 'checkout_legacy_cart', 'checkout_new_payment', 'checkout_upsell'])
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('f')
  assert.equal(await page.locator('.card.cur .star').getAttribute('aria-pressed'), 'true')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'checkout_legacy_cart' }).waitFor()
  await page.goBack()
  await page.locator('.rail').getByRole('link', { name: /^Killed/ }).click()
  await page.locator('.card[data-key=mail_amp]').waitFor() // another view of the rail is cards, too
})

test('for whom a change was made stands beside who made it', async () => {
  const { token } = await w.server.api('POST', '/v1/tokens', { name: 'chat bot', role: 'editor', acts_for_others: true })
  const path = '/v1/envs/production/flags/ops_verbose_errors/enable'
  const page = await w.open('/envs/production/flags?q=ops_verbose')
  await page.getByText('Live', { exact: true }).waitFor()
  const answer = await fetch(w.server.address + path, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-gonfalon-on-behalf-of': 'user:99' }, body: JSON.stringify({ for_group: 'oncall', reason: 'asked in the channel' }) })
  assert.equal(answer.status, 200, await answer.text())
  await page.locator('[data-key=ops_verbose_errors]').getByText('chat bot for user:99').waitFor()
  await page.locator('.foot').getByText('by chat bot for user:99').waitFor()
  for (const place of ['flags/ops_verbose_errors', 'audit', 'flags?q=by:user:99']) {
    const other = await w.open(`/envs/production/${place}`)
    await other.getByRole('main').getByText('chat bot for user:99').first().waitFor()
  }
})

test('what is typed is written into the address once, when it pauses, or is left', async () => {
  const page = await w.open('/envs/production/flags')
  await page.locator('[data-key]').first().waitFor()
  await page.evaluate(() => {
    const replace = history.replaceState.bind(history)
    const all = globalThis as unknown as { written: number }
    all.written = 0
    history.replaceState = (...args) => (all.written++, replace(...args))
  })
  await page.getByRole('combobox', { name: 'Search flags' }).evaluate((input: HTMLInputElement) => {
    input.focus()
    for (const letter of 'checkout') {
      input.value += letter
      input.dispatchEvent(new InputEvent('input', { bubbles: true }))
    }
  })
  await page.waitForURL('**/flags?q=checkout')
  assert.equal(await page.evaluate(() => (globalThis as unknown as { written: number }).written), 1)
  await page.keyboard.type('_new')
  await page.locator('[data-key="checkout_new_payment"] .key').click() // before the pause
  await page.getByRole('heading', { name: 'checkout_new_payment' }).waitFor()
  await page.goBack()
  assert.equal(new URL(page.url()).search, '?q=checkout_new')
  assert.equal(await page.getByRole('combobox', { name: 'Search flags' }).inputValue(), 'checkout_new')
  await page.getByRole('combobox', { name: 'Search flags' }).fill('mail')
  await page.goto(`${w.server.address}/healthz`)
  await page.goBack()
  assert.equal(new URL(page.url()).search, '?q=mail')
})
