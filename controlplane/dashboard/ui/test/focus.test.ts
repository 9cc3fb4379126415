import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { world, type Page } from './support.ts'

/** Taking something away never loses the focus: the next item has it, or what adds one. */
const w = world()

/** The name of what has the focus. */
async function focused(page: Page): Promise<string> {
  await page.waitForFunction(() => document.activeElement !== document.body)
  return page.evaluate(() => document.activeElement!.getAttribute('aria-label') ?? (document.activeElement as HTMLElement).innerText.trim())
}

/** Presses Enter on one control after the other, and tells what has the focus after each. */
async function after(page: Page, names: readonly string[]): Promise<string[]> {
  const then: string[] = []
  for (const name of names) {
    await page.getByRole('button', { name, exact: true }).press('Enter')
    then.push(await focused(page))
  }
  return then
}

/** The editor of some gates. */
async function editor(key: string, kind: string, gates: readonly unknown[], more = {}): Promise<Page> {
  await w.server.api('PUT', `/v1/envs/staging/flags/${key}`, { gates, ...more })
  const page = await w.open(`/envs/staging/flags/${key}`)
  await page.getByRole('button', { name: `Edit ${kind}` }).first().click()
  await page.locator('form.editor').waitFor()
  return page
}

test('prerequisites', async () => {
  for (const key of ['f_a', 'f_b', 'f_c']) await w.server.api('PUT', `/v1/envs/staging/flags/${key}`, { gates: [] })
  const page = await editor('f_prerequisite', 'prerequisite', ['f_a', 'f_b', 'f_c'].map((target) => ({ type: 'prerequisite', target, enabled: true })))
  assert.deepEqual(await after(page, ['Remove f_b', 'Remove f_c', 'Remove f_a']), ['Remove f_c', 'Remove f_a', 'Flag that must hold'])
})

test('segments', async () => {
  for (const key of ['f-a', 'f-b']) await w.server.api('PUT', `/v1/envs/staging/segments/${key}`, { constraints: [{ attribute: 'plan', operator: 'eq', values: ['pro'] }] })
  const page = await editor('f_segment', 'segment', ['f-a', 'f-b'].map((target) => ({ type: 'segment', target, enabled: true })))
  assert.deepEqual(await after(page, ['Remove segment f-a', 'Remove segment f-b']), ['Remove segment f-b', 'Add a segment'])
})

test('actors', async () => {
  const page = await editor('f_actor', 'actor', ['user:1', 'user:2'].map((target) => ({ type: 'actor', target, enabled: true })))
  assert.deepEqual(await after(page, ['Remove user:1', 'Remove user:2']), ['Remove user:2', 'On for these actors, add one'])
})

test('variants', async () => {
  const page = await editor('f_variant', 'variant', [{ type: 'variant', variants: [{ name: 'a', weight: 50 }, { name: 'b', weight: 50 }] }])
  assert.deepEqual(await after(page, ['Remove variant 1', 'Remove variant 1']), ['Remove variant 1', 'Add a variant'])
})

test('the conditions of a rule, and the whole gate', async () => {
  const page = await editor('f_rule', 'rule', [{ type: 'rule', enabled: true, constraints: ['plan', 'country'].map((attribute) => ({ attribute, operator: 'in', values: ['a', 'b'] })) }])
  assert.deepEqual(await after(page, ['Remove condition 2']), ['Remove condition 1'])
  assert.deepEqual(await after(page, ['Remove a', 'Remove b']), ['Remove b', 'Values of condition 1, add one'])
  assert.deepEqual(await after(page, ['Remove condition 1']), ['If…'])
})

test('tokens of the search, and views', async () => {
  const page = await w.open('/envs/production/flags?q=owner:checkout+state:partial')
  await page.locator('[data-key]').first().waitFor()
  await page.getByRole('button', { name: 'Keep this view' }).click()
  await page.keyboard.type('mine\n')
  assert.deepEqual(await after(page, ['Remove owner checkout', 'Remove state partial']), ['Remove state partial', 'Search flags'])
  await page.getByRole('button', { name: 'Forget the view mine' }).press('Enter')
  await focused(page)
})

test('tokens, webhooks and environments', async () => {
  const lists = [
    { path: '/tokens', act: 'Revoke', make: (name: string) => w.server.api('POST', '/v1/tokens', { name, role: 'viewer' }) },
    { path: '/webhooks', act: 'Delete', make: (name: string) => w.server.api('POST', '/v1/webhooks', { name, url: 'https://hooks.example/' + name, envs: [] }) },
    { path: '/environments', act: 'Delete', make: (name: string) => w.server.api('POST', '/v1/envs', { key: name }) },
  ]
  for (const { path, act, make } of lists) {
    await make('f-one')
    const page = await w.open(path)
    const button = page.locator('table').getByRole('button', { name: new RegExp(`^${act} f-one`) })
    await button.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    for (const box of await dialog.getByLabel(/^Type /).all()) await box.fill('f-one')
    await dialog.getByRole('button', { name: new RegExp(`^${act} f-one`) }).click()
    await button.waitFor({ state: 'detached' })
    await dialog.waitFor({ state: 'detached' })
    assert.match(await focused(page), new RegExp(`^(${act} |New )`), path)
  }
})

test('a form that is discarded or refused, and a choice in a menu', async () => {
  const forms = [
    ['/tokens', 'New token'],
    ['/webhooks', 'New webhook'],
    ['/environments', 'New environment'],
    ['/environments', 'Copy…'],
    ['/envs/production/segments', 'New segment'],
  ] as const
  for (const [path, name] of forms) {
    const page = await w.open(path)
    await page.getByRole('button', { name, exact: true }).press('Enter')
    await page.getByRole('button', { name: 'Discard' }).press('Enter')
    assert.equal((await focused(page)).replace(/\s+n?$/, ''), name, path)
    await page.close()
  }
  const page = await w.open('/environments')
  await page.getByRole('button', { name: 'New environment' }).press('Enter')
  await page.getByLabel('Key').fill('production')
  await page.getByRole('button', { name: 'Make the environment' }).press('Enter')
  await page.locator('form .err').first().waitFor()
  assert.equal(await focused(page), 'Make the environment')
  await page.getByRole('button', { name: /^Signed in as/ }).press('Enter')
  await page.getByRole('button', { name: 'Dark theme' }).press('Enter')
  assert.match(await focused(page), /^Signed in as/)
})

test('a form that stays when it is saved, refused or discarded, and one whose button stays', async () => {
  for (const [path, acts] of [
    ['/envs/staging/segments/enterprise-trial', ['Discard', 'Save in staging']],
    ['/envs/staging/segments/f_refused', ['Save in staging']],
    ['/envs/staging/settings', ['Discard', 'Save in staging']],
  ] as const) {
    const page = await w.open(path)
    for (const act of acts) {
      await page.getByLabel('Description').fill(`for ${act}`)
      await page.getByRole('button', { name: act }).press('Enter')
      await page.locator('h1:focus').waitFor()
    }
    await page.close()
  }
  const page = await w.open('/environments')
  for (const [button, field] of [['New environment', 'Key'], ['Copy…', 'From']] as const) {
    await page.getByRole('button', { name: button }).press('Enter')
    await page.waitForFunction((name) => document.activeElement?.closest('label')?.textContent?.startsWith(name), field)
  }
})

test('every button that takes an item away says so to the page', () => {
  const from = fileURLToPath(new URL('../src/', import.meta.url))
  const buttons = readdirSync(from, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.svelte'))
    .flatMap((name) => readFileSync(from + name, 'utf8').match(/<button\b(?:(?!<button)[^\n])*?aria-label="(?:Remove|Delete|Revoke|Forget) /g) ?? [])
  assert.ok(buttons.length >= 9, String(buttons.length))
  for (const button of buttons) assert.match(button, /^<button[^>]* data-remove /, button)
})
