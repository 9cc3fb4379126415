import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminToken, go, world, type Page } from './support.ts'

const w = world()
const bad = `"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}javascript:alert(3)`
const key = bad.replaceAll('/', '∕')

test('hostile text stays text on every page that shows it', async () => {
  const path = `/v1/envs/staging/flags/${encodeURIComponent(key)}`
  await w.server.api('PUT', '/v1/envs/staging/segments/' + encodeURIComponent(key), { description: bad, constraints: [{ attribute: bad, operator: 'eq', values: [bad] }] })
  await w.server.api('PUT', path, {
    description: bad,
    owner: bad,
    tags: [bad],
    off_variant: bad,
    reason: bad,
    gates: [
      { type: 'actor', target: bad },
      { type: 'group', target: bad },
      { type: 'segment', target: key },
      { type: 'rule', constraints: [{ attribute: bad, operator: 'eq', values: [bad] }] },
      { type: 'prerequisite', target: 'search_freeze' },
      { type: 'variant', variants: [{ name: bad, weight: 1, payload: { text: bad } }] },
    ],
  })
  const page = await w.open('/envs/staging/flags?q=img')
  await page.locator('[data-key]').first().waitFor()
  assert.equal(await page.locator('[data-key]').first().getAttribute('data-key'), key)
  await page.locator('[data-key] .key').first().click()
  await page.getByRole('heading', { name: key }).waitFor()
  for (const kind of ['actor', 'group', 'segment', 'rule', 'variant', 'prerequisite']) {
    await page.getByRole('button', { name: `Edit ${kind}`, exact: true }).click()
    await page.locator('form.editor').waitFor()
    await page.keyboard.press('Escape')
  }
  await page.keyboard.press('K')
  await page.getByRole('heading', { name: 'Kill' }).waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('h')
  await page.getByRole('heading', { name: /History/ }).waitFor()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('img src')
  await page.getByRole('option').first().waitFor()
  assert.equal(await page.locator('img, script:not([src])').count(), 0)
})

/** Checks that a page says something, and nothing that only a program understands. */
async function sane(page: Page, what: string): Promise<void> {
  await page.locator('main h1').first().waitFor().catch(() => assert.fail(`${what}: an empty page`))
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  const text = await page.locator('body').innerText()
  assert.doesNotMatch(text, /\bNaN\b|Invalid Date|\bundefined\b|\[object |native code|Infinity|can’t be shown/, what)
}

const deep = (n: number): string => '['.repeat(n) + ']'.repeat(n)

test('no address breaks a page', async () => {
  await w.server.api('POST', '/v1/envs', { key: 'constructor' })
  const page = await w.open('/envs/staging/flags')
  const staging = (path: string): string => `/envs/staging/${path}`
  for (const path of [
    staging('flags?q=owner:shop+owner:shop+owner:%22shop%22'),
    staging('flags?q=owner:%22shop'),
    staging('flags?q=%00%E2%80%AE(((*%5B%5C'),
    staging(`flags?q=${'x'.repeat(10_000)}`),
    staging(`flags?q=${'tag:x%20y+'.repeat(1000)}`),
    staging('flags?q=stale:99999999999999999999d&q=two&flat=maybe&view=nothing'),
    ...['__proto__', 'hasOwnProperty', 'toString', '-', '--key', '-nothing'].map((sort) => staging(`flags?sort=${sort}`)),
    staging('flags/mail_amp?tab=toString'),
    staging('flags/mail_amp?tab=__proto__&tab=usage'),
    staging('flags/%FF'),
    staging('flags/%00'),
    staging(`flags/${'a'.repeat(9000)}`),
    staging('flags/a%2Fb/history'),
    staging('segments/%E2%80%AEx'),
    ...['x', '-1', '1e999', '0', '1.5', '999999999', '99999999999999999999'].map((revision) => staging(`explain/mail_amp?revision=${revision}`)),
    staging('explain/mail_amp?groups=a,a,,a&actor=%FF'),
    staging('explain/mail_amp?context=%7B%22__proto__%22:1,%22x%22:9007199254740993%7D'),
    staging(`explain/mail_amp?context={%22a%22:${deep(7000)}}`),
    ...['x', '-1', '1e9', '0', '99999999999'].map((age) => staging(`clean-up?for=${age}`)),
    staging('audit?flag=%00&by=..&action=nothing&show=both'),
    staging('audit?show=refused&show=made'),
    staging('nothing'),
    '/envs/nowhere/flags',
    '/envs/%FF/settings',
    '/envs/constructor/settings',
    '/matrix?q=tag:x+tag:x&only=some',
    '/login#port=99999&state=%FF',
    '/tokens?x=%FF',
  ]) {
    await page.goto(w.server.address + path)
    await sane(page, path.slice(0, 100))
  }
  for (const path of ['/envs/staging/flags/%zz', '/envs/%/flags', '/envs/staging/explain/%E0%A4']) {
    // the server refuses these by itself, so they can only come from within the page
    await go(page, path)
    await sane(page, path)
  }
})

test('no value breaks a page, and saving changes none that was not edited', async () => {
  const long = 'a'.repeat(255)
  const [flag, segment] = [`/v1/envs/staging/flags/${long}`, '/v1/envs/staging/segments/many']
  const payload = '{"id":9007199254740993,"huge":123456789012345678901234567890,"small":1e-300,"large":1e308}'
  const gates = `[{"type":"schedule","from":"0001-01-01T00:00:00Z","until":"9999-12-31T23:59:59Z"},{"type":"percentage_of_actors","ratio":0.2},
    {"type":"rule","constraints":[{"attribute":"id","operator":"in","values":[9007199254740993,1,1.0,"text"]},
      {"attribute":"name","operator":"not_in","values":["9007199254740993","a","a","true","1",""]}]},
    {"type":"variant","variants":[{"name":"x","weight":1e308,"payload":${payload}},{"name":"y","weight":1e-308,"payload":{"a":${deep(50)}}}]}]`
  const raw = async (method: string, path: string, body?: string): Promise<string> => {
    const answer = await fetch(w.server.address + path, { method, headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }, ...(body ? { body } : {}) })
    assert.ok(answer.ok, await answer.clone().text())
    return answer.text()
  }
  await raw('PUT', flag, `{"description":"${'a'.repeat(4096)}","owner":"\\"x\\" y","tags":["a\\"b c"],"gates":${gates}}`)
  await raw('PUT', segment, JSON.stringify({ constraints: [{ attribute: 'account', operator: 'in', values: Array.from({ length: 10_000 }, (_, i) => `account-${i}`) }] }))

  const page = await w.open(`/envs/staging/flags/${long}`)
  await sane(page, 'the flag')
  for (const kind of ['schedule', 'rule', 'variant', 'percentage']) {
    await page.getByRole('button', { name: `Edit ${kind}`, exact: true }).click()
    await page.locator('form.editor').waitFor()
    await sane(page, kind)
    if (kind === 'schedule') {
      await page.getByLabel('Closes', { exact: true }).evaluate((field: HTMLInputElement) => {
        field.value = '12345-01-01T00:00' // which a browser's field takes, and Date doesn't
        field.dispatchEvent(new Event('change', { bubbles: true }))
      })
      await page.locator('.editor .err').first().waitFor()
      await sane(page, 'a year beyond time')
    }
    if (kind !== 'percentage') await page.getByRole('button', { name: 'Discard' }).click()
  }
  const before = await raw('GET', flag)
  await page.getByLabel('Percentage of actors, in percent').fill('1e999')
  await page.keyboard.press('Tab')
  await page.getByLabel('Percentage of actors, in percent').fill('30')
  await page.keyboard.press('Tab')
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await page.getByText('is saved in staging.').waitFor()
  const part = (text: string, from: string): string => text.slice(text.indexOf(from), text.indexOf('"version"'))
  const after = await raw('GET', flag)
  for (const from of ['"type":"rule"', '"type":"variant"']) assert.equal(part(after, from), part(before, from).replace('"ratio":0.2', '"ratio":0.3'))
  assert.match(after, /"id":9007199254740993/)

  await page.getByRole('link', { name: 'a"b c' }).click()
  await page.locator(`[data-key="${long}"]`).waitFor()
  for (const path of [`flags/${long}/history`, 'flags?view=cards', 'segments', 'segments/many', 'audit', `explain/${long}?actor=x`]) {
    await page.goto(`${w.server.address}/envs/staging/${path}`)
    await sane(page, path)
  }
})

test('no search takes time without end', async () => {
  const page = await w.open('/envs/staging/flags')
  const search = page.getByRole('combobox', { name: 'Search flags' })
  const count = page.getByRole('main').getByRole('status').first()
  for (const text of [`${'a'.repeat(30)}b`, 'ab '.repeat(3000), '"', '-', '(((', '\\', '[a-', '\u202e', 'e\u0301\u0301']) {
    await search.fill(text)
    await count.getByText(/^0 of/).or(count.getByText(/ of /)).first().waitFor()
  }
  await w.server.api('PUT', `/v1/envs/staging/flags/${encodeURIComponent('проверка_🎉')}`, { gates: [] })
  for (const text of ['провер', '🎉', 'ПРОВЕРКА 🎉']) {
    await search.fill(text)
    await page.locator('[data-key="проверка_🎉"]').waitFor()
  }
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Find or do' }).fill(`${'a'.repeat(29)}b`)
  await page.getByText('make a flag', { exact: true }).waitFor()
})
