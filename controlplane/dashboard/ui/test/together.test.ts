import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Caller } from './sample.ts'
import { go, world } from './support.ts'

const w = world()

/** Edits a percentage that isn't saved yet. */
async function edit(page: Page, to: string): Promise<void> {
  await page.getByRole('button', { name: 'Edit percentage' }).click()
  await percentage(page).fill(to)
  await page.keyboard.press('Tab')
  await page.getByText(/ % of actors turn on/).waitFor()
}

const percentage = (page: Page) => page.getByLabel('Percentage of actors, in percent')
const stored = (key: string) => w.server.api('GET', `/v1/envs/staging/${key}`)

/** What others wait for until it is opened. */
function gate(): { open: () => void; opened: Promise<void> } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { open, opened }
}

/** Saves in a slow network: what it returns lets the request go on. */
async function saveSlowly(page: Page, address: string): Promise<() => void> {
  const sent = page.waitForRequest((request) => request.method() === 'PUT' && !request.url().includes('dry_run'))
  let held = false
  const asked = new Promise<() => void>((resolve) => {
    void page.route(address, async (route) => {
      if (route.request().method() === 'PUT' && !held) {
        held = true
        await new Promise<void>((arrive) => resolve(arrive))
      }
      await route.continue()
    })
  })
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await sent
  return asked
}

test('a flag that somebody deletes while it is edited can be saved again', async () => {
  const page = await w.open('/envs/staging/flags/mail_digest')
  await edit(page, '60')
  await w.server.api('DELETE', '/v1/envs/staging/flags/mail_digest')
  await page.getByText('Somebody deleted this flag in the meantime').waitFor()
  assert.equal(await percentage(page).inputValue(), '60 %')
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await page.getByText('mail_digest is saved in staging.').waitFor()
  assert.equal((await stored('flags/mail_digest')).gates[0].ratio, 0.6)
})

test('a flag that somebody deletes and makes again while it is edited is merged', async () => {
  const page = await w.open('/envs/staging/flags/mail_preferences_v2')
  await edit(page, '60')
  await w.server.api('DELETE', '/v1/envs/staging/flags/mail_preferences_v2')
  await page.getByText('Somebody deleted this flag in the meantime').waitFor()
  await w.server.api('PUT', '/v1/envs/staging/flags/mail_preferences_v2', { owner: 'them', gates: [{ type: 'percentage_of_actors', ratio: 0.01 }] })
  await page.getByRole('row', { name: /^owner/ }).getByText('them').waitFor()
  await page.getByRole('button', { name: 'Go on with both changes' }).click()
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await page.getByText('mail_preferences_v2 is saved in staging.').waitFor()
  const { owner, gates } = await stored('flags/mail_preferences_v2')
  assert.deepEqual([owner, gates.at(-1).ratio], ['them', 0.6])
})

test('what is typed while a save is under way stays, and is saved next', async () => {
  const page = await w.open('/envs/staging/flags/search_suggest')
  await edit(page, '95')
  const arrive = await saveSlowly(page, '**/flags/search_suggest')
  await percentage(page).fill('97')
  await page.keyboard.press('Tab')
  arrive()
  await page.getByText('search_suggest is saved in staging.').waitFor()
  assert.equal((await stored('flags/search_suggest')).gates[0].ratio, 0.95)
  assert.equal(await percentage(page).inputValue(), '97 %')
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await percentage(page).waitFor({ state: 'detached' })
  assert.equal((await stored('flags/search_suggest')).gates[0].ratio, 0.97)
})

test('what is typed in a segment while a save is under way stays', async () => {
  const page = await w.open('/envs/staging/segments/enterprise-trial')
  await page.getByLabel('Description').fill('first')
  const arrive = await saveSlowly(page, '**/segments/enterprise-trial')
  await page.getByLabel('Description').fill('second')
  arrive()
  await page.getByText('enterprise-trial is saved in staging.').waitFor()
  assert.deepEqual([await page.getByLabel('Description').inputValue(), (await stored('segments/enterprise-trial')).description], ['second', 'first'])
})

test('a segment that two people change is merged field by field', async () => {
  const page = await w.open('/envs/staging/segments/android-beta')
  await page.getByLabel('Description').fill('mine')
  await w.server.api('PUT', '/v1/envs/staging/segments/android-beta', { description: 'theirs', constraints: [{ attribute: 'platform', operator: 'eq', values: ['ios'] }] })
  await page.getByText('You both changed one part').waitFor()
  await page.getByRole('row', { name: /^conditions/ }).getByText('platform is ios').waitFor()
  await page.getByRole('radio', { name: 'mine' }).check()
  await page.getByRole('button', { name: 'Go on with what is chosen' }).click()
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await page.getByText('android-beta is saved in staging.').waitFor()
  const { description, constraints } = await stored('segments/android-beta')
  assert.deepEqual([description, constraints[0].values], ['mine', ['ios']])
})

test('a segment that somebody deletes while it is edited can be saved again', async () => {
  await w.server.api('PUT', '/v1/envs/staging/segments/lonely', { description: 'x', constraints: [{ attribute: 'platform', operator: 'eq', values: ['ios'] }] })
  const page = await w.open('/envs/staging/segments/lonely')
  await page.getByLabel('Description').fill('mine')
  await w.server.api('DELETE', '/v1/envs/staging/segments/lonely')
  await page.getByText('Somebody deleted this segment in the meantime').waitFor()
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await page.getByText('lonely is saved in staging.').waitFor()
  assert.equal((await stored('segments/lonely')).description, 'mine')
})

test('a held key does its act once', async () => {
  const page = await w.open('/envs/staging/flags/shop_recommendations')
  const { revision } = await w.server.api('POST', '/v1/envs/staging/flags/shop_recommendations/kill')
  await page.getByRole('button', { name: 'Revive…' }).click()
  await page.getByRole('button', { name: 'Revive in staging' }).click()
  await page.getByText('shop_recommendations is revived in staging.').waitFor()
  await page.keyboard.down('Control')
  await page.keyboard.down('z')
  await page.getByText('shop_recommendations is killed in staging.').waitFor()
  for (let i = 0; i < 5; i++) await page.keyboard.down('z') // as a keyboard repeats it
  await page.keyboard.up('z')
  await page.keyboard.down('z')
  await page.getByText('shop_recommendations is revived in staging.').waitFor()
  assert.equal((await stored('flags/shop_recommendations')).revision, revision + 3)
})

test('a change that comes before the page listens is shown', async () => {
  const pages = [
    ['shop_recommendations', '/envs/staging/flags/shop_recommendations', 'button:text("Kill…")', 'button:text("Revive…")'],
    ['shop_reviews_photos', '/envs/staging/flags?q=shop_reviews_photos', '.state', '.state.killed'],
  ] as const
  for (const [key, path, before, after] of pages) {
    const page = await w.open('/envs')
    const listen = gate()
    await page.route('**/changes', async (route) => (await listen.opened, route.continue()))
    await page.goto(w.server.address + path)
    await page.locator('main').locator(before).first().waitFor()
    assert.equal(await page.locator('main').locator(after).count(), 0)
    await w.server.api('POST', `/v1/envs/staging/flags/${key}/kill`)
    listen.open()
    await page.locator('main').locator(after).first().waitFor()
  }
})

test('a list that comes late is no other environment\'s', async () => {
  const page = await w.open('/envs')
  const list = gate()
  await page.route('**/envs/staging/index', async (route) => (await list.opened, route.continue()))
  const asked = page.waitForRequest('**/envs/staging/index')
  await page.goto(`${w.server.address}/envs/staging/flags`)
  const answered = (await asked).response()
  await page.getByText('Live', { exact: true }).waitFor()
  const other = page.waitForResponse('**/envs/development/index')
  await go(page, '/envs/development/flags')
  await other
  let more = 0
  page.on('request', (request) => (more += request.url().endsWith('/envs/staging/index') ? 1 : 0))
  list.open()
  await answered
  await page.waitForTimeout(300)
  assert.equal(more, 0)
})

test('an answer that comes after the one to a later question isn’t shown', async () => {
  const segment = (text: string): Parameters<Caller> => ['PUT', '/v1/envs/staging/segments/late', { description: text, constraints: [{ attribute: 'platform', operator: 'eq', values: ['ios'] }] }]
  const flag = (text: string): Parameters<Caller> => ['PUT', '/v1/envs/staging/flags/late', { description: text, reason: text, gates: [] }]
  const environment = (text: string): Parameters<Caller> => ['PATCH', '/v1/envs/staging', { description: text }]
  const pages = [
    ['/envs/staging/segments', '**/envs/staging/segments', segment],
    ['/envs/staging/segments/late', '**/envs/staging/segments/late', segment],
    ['/envs/staging/flags/late', '**/envs/staging/flags/late', flag],
    ['/envs/staging/flags/late/history', '**/flags/late/history?*', flag],
    ['/envs/staging/audit', '**/v1/audit?*', flag],
    ['/envs/staging/settings', '**/v1/envs/staging', environment],
  ] as const
  for (const [path, address, change] of pages) {
    await w.server.api(...change('as it was'))
    const page = await w.open(path)
    const shows = (wanted: string): Promise<unknown> => page.waitForFunction((wanted) => {
      const main = document.querySelector('main')
      return main && [main.innerText, ...[...main.querySelectorAll('input')].map((input) => input.value)].some((text) => text.includes(wanted))
    }, wanted)
    await shows('as it was')
    await page.getByText('Live', { exact: true }).waitFor()
    const [taken, released, come] = [gate(), gate(), gate()]
    await page.route(address, async (route) => {
      const response = await route.fetch()
      taken.open()
      await released.opened
      await route.fulfill({ response })
      come.open()
    }, { times: 1 })
    await w.server.api(...change('first'))
    await taken.opened
    await w.server.api(...change('second'))
    await shows('second')
    released.open()
    await come.opened
    await page.waitForTimeout(100)
    await shows('second')
  }
})

test('a page is shown although changes come faster than answers', async () => {
  const pages = [
    ['**/envs/staging/segments/enterprise-trial', '/envs/staging/segments/enterprise-trial', '.cond'],
    ['**/envs/staging/flags/busy', '/envs/staging/flags/busy', '.facts'],
    ['**/envs/staging/index', '/envs/staging/flags', '[data-key]'],
    ['**/envs/staging/snapshot', '/envs/staging/explain/busy?actor=user:1', ':text("Off for user:1")'],
  ] as const
  for (const [address, path, shown] of pages) {
    const page = await w.open('/envs')
    await page.route(address, async (route) => {
      const response = await route.fetch()
      await new Promise((resolve) => setTimeout(resolve, 600))
      await route.fulfill({ response })
    })
    let over = false
    const changing = (async () => {
      for (let i = 0; !over; i++) {
        await w.server.api('PUT', '/v1/envs/staging/flags/busy', { description: `change ${i}`, gates: [] })
        await new Promise((resolve) => setTimeout(resolve, 150))
      }
    })()
    try {
      await page.goto(w.server.address + path)
      await page.locator('main').locator(shown).first().waitFor({ timeout: 15_000 }).catch(() => assert.fail(`${path} is never shown`))
    } finally {
      over = true
      await changing
      await page.unrouteAll({ behavior: 'ignoreErrors' })
    }
  }
})

test('a change of more things than an event names is shown', async () => {
  const many = <T,>(more: T, description: string) => Array.from({ length: 120 }, (_, i) => ({ key: `many_${String(i).padStart(3, '0')}`, description, ...more }))
  const all = {
    flags: (description: string) => ({ flags: many({ gates: [] }, description) }),
    segments: (description: string) => ({ flags: [], segments: many({ constraints: [{ attribute: 'plan', operator: 'eq', values: ['pro'] }] }, description) }),
  }
  for (const kind of ['flags', 'segments'] as const) {
    await w.server.api('POST', '/v1/envs/staging/import', all[kind]('as it was'))
    const page = await w.open(`/envs/staging/${kind}/many_119`)
    const shows = (wanted: string): Promise<unknown> => page.waitForFunction((wanted) => document.querySelector('main')?.innerText.includes(wanted) || document.querySelector<HTMLInputElement>('main input')?.value === wanted, wanted, { timeout: 10_000 }).catch(() => assert.fail(`${kind} aren't ${wanted}`))
    await page.getByText('Live', { exact: true }).waitFor()
    await shows('as it was')
    await w.server.api('POST', '/v1/envs/staging/import', all[kind]('as it is'))
    await shows('as it is')
  }
})

test('older changes are of the same filter as the newer ones, and none is missing between them', async () => {
  const change = (i: number) => w.server.api('PUT', '/v1/envs/staging/flags/often', { description: `${i}`, gates: [] })
  await change(0)
  await w.server.api('POST', '/v1/envs/staging/flags/often/kill')
  for (let i = 1; i < 60; i++) await change(i)
  const revisions = (page: Page, cell: string) => page.locator('main').locator(cell).allInnerTexts().then((all) => all.map(Number))
  for (const [path, address, cell] of [['/envs/staging/audit', '**/v1/audit?*cursor=*', 'td.when b'], ['/envs/staging/flags/often/history', '**/often/history?*cursor=*', '.rev']] as const) {
    const page = await w.open(path)
    await page.getByText('Live', { exact: true }).waitFor()
    const [asked, answer] = [gate(), gate()]
    await page.route(address, async (route) => {
      const response = await route.fetch()
      asked.open()
      await answer.opened
      await route.fulfill({ response })
    }, { times: 1 })
    await page.getByRole('button', { name: /older changes/i }).click()
    await asked.opened
    const { revision } = await change(Math.random())
    await page.locator('main').locator(cell).getByText(String(revision), { exact: true }).waitFor()
    answer.open()
    await page.waitForFunction((cell) => document.querySelectorAll(`main ${cell}`).length > 51, cell)
    const shown = await revisions(page, cell)
    assert.deepEqual(shown, shown.map((_, i) => revision - i), path)
  }

  const page = await w.open('/envs/staging/audit')
  const answer = gate()
  await page.route((url) => url.pathname === '/v1/audit' && url.searchParams.has('flag') && !url.searchParams.has('cursor'), async (route) => (await answer.opened, route.continue()))
  const older = page.getByRole('button', { name: 'Older changes' })
  await older.waitFor()
  await go(page, '/envs/staging/audit?flag=often&action=flag.kill')
  const come = page.waitForResponse((response) => response.url().includes('cursor=')).catch(() => {})
  await older.click({ timeout: 1000 }).then(() => come, () => {})
  answer.open()
  await page.waitForFunction(() => document.querySelectorAll('main tbody tr').length === 1)
})

test('an explanation is of the newest flags, whichever come last', async () => {
  const change = (description: string, on: boolean) => w.server.api('PUT', '/v1/envs/staging/flags/explained', { description, gates: on ? [{ type: 'boolean' }] : [] })
  await change('off', false)
  const page = await w.open('/envs/staging/explain/explained?actor=user:1')
  await page.getByText('Off for user:1').waitFor()
  await page.getByText('Live', { exact: true }).waitFor()
  const [taken, released] = [gate(), gate()]
  let held = 0
  const on = new Set<string>()
  await page.route('**/envs/staging/snapshot', async (route) => {
    const response = await route.fetch()
    on.add(response.headers()['etag']!)
    if (on.size > 1) return route.fulfill({ response })
    taken.open()
    held++
    await released.opened
    await route.fulfill({ response })
    held--
  })
  await change('on', true)
  await taken.opened
  await change('off', false)
  await page.waitForResponse('**/envs/staging/snapshot')
  await page.getByText('Off for user:1').waitFor()
  released.open()
  while (held > 0) await page.waitForTimeout(10)
  await page.waitForTimeout(200)
  assert.ok(await page.getByText('Off for user:1').isVisible())
  await page.unrouteAll({ behavior: 'ignoreErrors' })
})
