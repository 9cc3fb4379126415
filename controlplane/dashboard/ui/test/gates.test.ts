import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { world } from './support.ts'

const w = world()
const place = '/v1/envs/staging/flags'

/** A flag of its own for a test, and its page. */
async function flag(key: string, gates: unknown[] = []): Promise<Page> {
  await w.server.api('PUT', `${place}/${key}`, { gates })
  const page = await w.open(`/envs/staging/flags/${key}`)
  await page.getByRole('heading', { name: key }).waitFor()
  return page
}

async function add(page: Page, kind: string): Promise<void> {
  await page.getByRole('button', { name: 'Add a gate' }).click()
  await page.getByRole('button', { name: kind, exact: true }).click()
  await page.locator('form.editor').waitFor()
}

/** Waits for the foresight, saves, and returns the gates that the server has then. */
async function save(page: Page, key: string, lead: RegExp | string): Promise<unknown[]> {
  await page.locator('.fore .lead').getByText(lead).waitFor()
  await page.getByLabel('Reason, for the history').fill('a test')
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await page.getByText(`${key} is saved in staging.`).waitFor()
  return (await w.server.api('GET', `${place}/${key}`)).gates
}

test('boolean', async () => {
  const page = await flag('t_boolean')
  await page.getByRole('button', { name: 'Edit boolean' }).click()
  await page.getByText('on for everyone', { exact: true }).click()
  assert.deepEqual(await save(page, 't_boolean', 'Everyone turns on, none turn off.'), [{ type: 'boolean', enabled: true }])
})

test('actor', async () => {
  const page = await flag('t_actor')
  await add(page, 'actor')
  await page.getByLabel('On for these actors, add one').fill('user:3')
  await page.keyboard.press('Enter')
  await page.getByLabel('Off for these actors, add one').fill('user:4')
  await page.keyboard.press('Enter')
  assert.deepEqual(await save(page, 't_actor', /Actor user:3 turn on/), [{ type: 'actor', target: 'user:3', enabled: true }, { type: 'actor', target: 'user:4', enabled: false }])
})

test('group', async () => {
  const page = await flag('t_group')
  await add(page, 'group')
  await page.getByLabel('On for these groups, add one').fill('staff,beta,')
  assert.deepEqual(await save(page, 't_group', /Members of group (staff|beta) turn on/), [{ type: 'group', target: 'beta', enabled: true }, { type: 'group', target: 'staff', enabled: true }])
})

test('percentage of actors, moved and undone', async () => {
  const page = await flag('t_percentage', [{ type: 'percentage_of_actors', ratio: 0.25 }])
  await page.keyboard.press('e')
  await page.locator('input.pct:focus').waitFor()
  await page.keyboard.type('50') // in the place of what stood there
  await page.keyboard.press('Tab')
  assert.deepEqual(await save(page, 't_percentage', '25.0 % of actors turn on, none turn off.'), [{ type: 'percentage_of_actors', ratio: 0.5 }])
  await page.keyboard.press('Control+z')
  await page.getByText('t_percentage is as before in staging.').waitFor()
  assert.deepEqual((await w.server.api('GET', `${place}/t_percentage`)).gates, [{ type: 'percentage_of_actors', ratio: 0.25 }])
})

test('percentage of time', async () => {
  const page = await flag('t_time')
  await add(page, 'percentage')
  await page.getByText('of time').click()
  await page.getByLabel('Percentage of time, in percent').fill('5')
  await page.keyboard.press('Tab')
  assert.deepEqual(await save(page, 't_time', '5.0 % of answers turn on, none turn off.'), [{ type: 'percentage_of_time', ratio: 0.05 }])
})

test('a percentage says what it does as it is typed, and is saved by the second Enter', async () => {
  const page = await flag('t_typed', [{ type: 'percentage_of_actors', ratio: 0.25 }])
  await page.getByRole('button', { name: 'Edit percentage' }).press('Enter')
  await page.locator('input.pct:focus').waitFor()
  await page.keyboard.type('60')
  await page.locator('.fore .lead').getByText('35.0 % of actors turn on, none turn off.').waitFor()
  assert.equal(await page.locator('input.pct').inputValue(), '60')
  await page.keyboard.press('Backspace')
  await page.keyboard.press('Backspace')
  await page.locator('.fore').getByText('Nothing is changed yet.').waitFor()
  await page.keyboard.type('0.5')
  await page.keyboard.press('Enter')
  assert.equal(await page.locator('input.pct').inputValue(), '0.5 %')
  await page.locator('.fore .lead').getByText('24.5 % of actors turn off, none turn on.').waitFor()
  assert.deepEqual((await w.server.api('GET', `${place}/t_typed`)).gates, [{ type: 'percentage_of_actors', ratio: 0.25 }])
  await page.keyboard.press('Enter')
  await page.getByText('t_typed is saved in staging.').waitFor()
  assert.deepEqual((await w.server.api('GET', `${place}/t_typed`)).gates, [{ type: 'percentage_of_actors', ratio: 0.005 }])
})

test('a percentage of time stays one when it goes by nobody', async () => {
  const page = await flag('t_nobody', [{ type: 'percentage_of_time', ratio: 0.2 }])
  await page.getByRole('button', { name: 'Edit percentage' }).click()
  await page.getByRole('slider', { name: 'Percentage of time' }).press('Home')
  await page.getByRole('slider', { name: 'Percentage of time' }).press('ArrowRight')
  assert.deepEqual(await save(page, 't_nobody', '19.0 % of answers turn off, none turn on.'), [{ type: 'percentage_of_time', ratio: 0.01 }])
})

test('rule', async () => {
  const page = await flag('t_rule')
  await add(page, 'rule')
  await page.getByRole('button', { name: 'If…' }).click()
  await page.getByLabel('Attribute of condition 1').fill('country')
  await page.getByLabel('Comparison of condition 1').selectOption('in')
  await page.getByLabel('Values of condition 1, add one').fill('DE, FR,')
  await page.getByRole('button', { name: 'And…' }).click()
  await page.getByLabel('Attribute of condition 2').fill('age')
  await page.getByLabel('Comparison of condition 2').selectOption('gte')
  await page.getByLabel('Value of condition 2').fill('18')
  assert.deepEqual(await save(page, 't_rule', /turn on/), [{ type: 'rule', enabled: true, constraints: [{ attribute: 'country', operator: 'in', values: ['DE', 'FR'] }, { attribute: 'age', operator: 'gte', values: [18] }] }])
})

test('a mistake is shown by the server, beside the field, and can not be saved', async () => {
  const page = await flag('t_mistake')
  await add(page, 'rule')
  await page.getByRole('button', { name: 'If…' }).click()
  await page.getByLabel('Attribute of condition 1').fill('email')
  await page.getByLabel('Comparison of condition 1').selectOption('matches')
  await page.getByLabel('Value of condition 1').fill('(')
  await page.locator('.cond').getByText('the pattern is not RE2: missing closing )').waitFor()
  assert.ok(await page.getByRole('button', { name: 'Save in staging' }).isDisabled())
})

test('segment', async () => {
  const page = await flag('t_segment')
  await add(page, 'segment')
  await page.getByLabel('Add a segment').selectOption('android-beta')
  await page.getByLabel('only for a share of those').check()
  assert.deepEqual(await save(page, 't_segment', /turn on/), [{ type: 'segment', target: 'android-beta', enabled: true, ratio: 0.5 }])
})

test('prerequisite', async () => {
  const page = await flag('t_prerequisite', [{ type: 'boolean' }])
  await add(page, 'prerequisite')
  await page.getByLabel('Flag that must hold').fill('search_freeze')
  await page.keyboard.press('Enter')
  assert.deepEqual(await save(page, 't_prerequisite', 'Everyone turns off, none turn on.'), [{ type: 'boolean', enabled: true }, { type: 'prerequisite', target: 'search_freeze', enabled: true }])
})

test('schedule', async () => {
  const page = await flag('t_schedule')
  await add(page, 'schedule')
  await page.getByLabel('Opens').fill('2020-01-01T08:00')
  await page.keyboard.press('Tab')
  const gates = await save(page, 't_schedule', 'Everyone turns on, none turn off.')
  assert.deepEqual(gates, [{ type: 'schedule', from: new Date('2020-01-01T08:00').toISOString().replace('.000', ''), until: null }])
})

test('variant, with shares and payloads', async () => {
  const page = await flag('t_variant', [{ type: 'boolean' }, { type: 'variant', variants: [{ name: 'a', weight: 50 }, { name: 'b', weight: 50 }] }])
  await page.getByRole('button', { name: 'Edit variant' }).click()
  await page.getByRole('slider', { name: 'Between a and b' }).press('ArrowLeft')
  await page.getByLabel('Payload of variant 1, in JSON').fill('{"text": "hi"}')
  await page.getByLabel('Payload of variant 2, in JSON').fill('{"text": "ho"}')
  await page.keyboard.press('Tab')
  assert.deepEqual(await save(page, 't_variant', /chang/), [
    { type: 'boolean', enabled: true },
    { type: 'variant', variants: [{ name: 'a', weight: 49, payload: { text: 'hi' } }, { name: 'b', weight: 51, payload: { text: 'ho' } }] },
  ])
})

test('a payload that is no JSON yet says where, and can not be saved', async () => {
  const page = await flag('t_payload', [{ type: 'boolean' }, { type: 'variant', variants: [{ name: 'a', weight: 1, payload: { link: '/winter', n: [1, true] } }] }])
  await page.getByRole('button', { name: 'Edit variant' }).click()
  const field = page.getByLabel('Payload of variant 1, in JSON')
  assert.equal(await field.inputValue(), '{\n  "link": "/winter",\n  "n": [\n    1,\n    true\n  ]\n}')
  assert.deepEqual(await page.locator('.json .number, .json .word').allInnerTexts(), ['1', 'true'])
  await field.fill('{\n  "link": "/winter"\n  "n": 2\n}')
  await page.getByText('Line 3, column 3: a comma is missing.').waitFor()
  assert.ok(await page.getByRole('button', { name: 'Save in staging' }).isDisabled())
  await field.fill('{"link": "/winter", "n": 2}')
  await page.getByRole('button', { name: 'Tidy' }).click()
  assert.equal(await field.inputValue(), '{\n  "link": "/winter",\n  "n": 2\n}')
  assert.deepEqual(await save(page, 't_payload', /No decision changes|chang/), [{ type: 'boolean', enabled: true }, { type: 'variant', variants: [{ name: 'a', weight: 1, payload: { link: '/winter', n: 2 } }] }])
})

test('a rule suggests what the environment asks for already', async () => {
  const page = await flag('t_suggested')
  await add(page, 'rule')
  await page.getByRole('button', { name: 'If…' }).click()
  const suggested = (name: string) => page.getByLabel(name).evaluate((field) => [...((field as HTMLInputElement).list?.options ?? [])].map((each) => each.value))
  await page.locator('datalist option[value=platform]').waitFor({ state: 'attached' })
  assert.ok((await suggested('Attribute of condition 1')).includes('country'))
  await page.getByLabel('Attribute of condition 1').fill('platform')
  assert.deepEqual(await suggested('Value of condition 1'), ['android', 'ios'])
})

test('description, owner and tags', async () => {
  const page = await flag('t_about')
  await page.getByRole('button', { name: 'More for t_about' }).click()
  await page.getByRole('button', { name: 'Edit description, owner, tags' }).click()
  await page.getByLabel('Description', { exact: true }).fill('what it is for')
  await page.getByLabel('Owner', { exact: true }).fill('shop')
  await page.getByLabel('Tags, add one').fill('legal,')
  await save(page, 't_about', 'No decision changes.')
  const { description, owner, tags } = await w.server.api('GET', `${place}/t_about`)
  assert.deepEqual({ description, owner, tags }, { description: 'what it is for', owner: 'shop', tags: ['legal'] })
})
