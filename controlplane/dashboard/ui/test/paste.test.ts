import assert from 'node:assert/strict'
import { test } from 'node:test'
import { world, type Page } from './support.ts'

/** A pasted list becomes its entries, and a value is what it looks like, whatever the clipboard has around it. */
const w = world()

/** Pastes a text into what has the focus, as Ctrl-V does. */
async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((text) => navigator.clipboard.writeText(text), text)
  await page.keyboard.press('Control+v')
}

async function open(path: string): Promise<Page> {
  const context = await w.browser.newContext({ viewport: { width: 1360, height: 900 }, permissions: ['clipboard-read', 'clipboard-write'] })
  return w.open(path, { context })
}

async function editor(key: string, kind: string, gates: readonly unknown[]): Promise<Page> {
  await w.server.api('PUT', `/v1/envs/staging/flags/${key}`, { gates })
  const page = await open(`/envs/staging/flags/${key}`)
  await page.getByRole('button', { name: `Edit ${kind}` }).first().click()
  await page.locator('form.editor').waitFor()
  return page
}

const chips = (page: Page, label: string): Promise<string[]> => page.getByRole('group', { name: label, exact: true }).locator('.chip .one').allInnerTexts()

test('a list of actors, from a file, a spreadsheet or a mail', async () => {
  const page = await editor('p_actor', 'actor', [{ type: 'actor', target: 'user:1', enabled: true }])
  const field = page.getByLabel('On for these actors, add one')
  await field.focus()
  await paste(page, '\uFEFFuser:2\r\nuser:3 \r\n\r\n user:1\r\n')
  assert.deepEqual(await chips(page, 'On for these actors'), ['user:1', 'user:2', 'user:3'])
  await page.getByText('2 added, 1 there already').waitFor()
  await paste(page, 'user:4\tuser:5, "doe, jane"')
  assert.deepEqual((await chips(page, 'On for these actors')).slice(3), ['user:4', 'user:5', 'doe, jane'])
  await page.keyboard.type('us')
  await paste(page, 'er:6\nuser:7')
  assert.deepEqual((await chips(page, 'On for these actors')).slice(6), ['user:6', 'user:7'], 'what was typed before is no loss')
  await page.keyboard.type('"roe, max",')
  assert.deepEqual((await chips(page, 'On for these actors')).at(-1), 'roe, max')
})

test('a list of flags that must hold', async () => {
  const page = await editor('p_prerequisite', 'prerequisite', [{ type: 'prerequisite', target: 'mail_digest', enabled: true }])
  await page.getByLabel('Flag that must hold').focus()
  await paste(page, 'shop_banner\r\nmail_digest\r\naccount_merge')
  for (const name of ['mail_digest', 'shop_banner', 'account_merge']) await page.getByRole('button', { name: `Remove ${name}` }).waitFor()
})

test('one value is trimmed, and several lines are refused in words', async () => {
  const page = await editor('p_rule', 'rule', [{ type: 'rule', enabled: true, constraints: [{ attribute: 'plan', operator: 'eq', values: ['free'] }] }])
  const value = page.getByLabel('Value of condition 1')
  await value.selectText()
  await paste(page, ' pro \r\n')
  assert.equal(await value.inputValue(), 'pro')
  await value.selectText()
  await paste(page, 'pro\nteam\n')
  assert.equal(await value.inputValue(), 'pro')
  assert.match(await value.evaluate((field: HTMLInputElement) => field.validationMessage), /2 lines/)
  await value.fill(' team ')
  await page.getByLabel('Attribute of condition 1').fill('plan ')
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await page.getByText('p_rule is saved in staging.').waitFor()
  assert.deepEqual((await w.server.api('GET', '/v1/envs/staging/flags/p_rule')).gates[0].constraints, [{ attribute: 'plan', operator: 'eq', values: ['team'] }])
  await page.goto(`${w.server.address}/envs/staging/new`)
  await page.getByLabel('Owner').focus()
  await paste(page, 'team one\r\nteam two\r\n')
  assert.equal(await page.getByLabel('Owner').inputValue(), 'team one team two', 'words are never glued together')
})

test('spaces that are meant are quoted, and what is no percentage is put back', async () => {
  const page = await editor('p_quoted', 'rule', [{ type: 'rule', enabled: true, constraints: [{ attribute: 'plan', operator: 'eq', values: [' pro'] }] }])
  assert.equal(await page.getByLabel('Value of condition 1').inputValue(), '" pro"')
  const other = await editor('p_percentage', 'percentage', [{ type: 'percentage_of_actors', ratio: 0.25 }])
  const percent = other.getByLabel('Percentage of actors, in percent')
  for (const typed of ['half', '']) {
    await percent.fill(typed)
    await percent.press('Enter')
    assert.equal(await percent.inputValue(), '25 %')
  }
})
