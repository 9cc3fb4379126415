import assert from 'node:assert/strict'
import { test } from 'node:test'
import { paths } from '../src/lib/paths.ts'
import { go, world, type Page } from './support.ts'

/** Answers that fail, never come, or aren't the server's: nothing that is typed is lost, nothing is done twice, and the page says what happened. */

const w = world()
const flag = (key: string) => w.server.api('GET', `/v1/envs/staging/flags/${key}`)

async function edit(page: Page, to: string): Promise<void> {
  await page.getByRole('button', { name: 'Edit percentage' }).click()
  await page.getByLabel('Percentage of actors, in percent').fill(to)
  await page.keyboard.press('Tab')
  await page.getByText(/ % of actors turn on/).waitFor()
}

const answers: Record<string, { status: number; contentType: string; body: string }> = {
  'a page of a proxy': { status: 200, contentType: 'text/html', body: '<html><h1>Sign in to our network</h1>' },
  'half an answer': { status: 200, contentType: 'application/json', body: '{"key":"mail_digest","gates":[{"ty' },
  'an empty answer': { status: 200, contentType: 'application/json', body: '' },
  'nothing': { status: 200, contentType: 'application/json', body: 'null' },
  'a failure in HTML': { status: 500, contentType: 'text/html', body: '<h1>Oops</h1>' },
}

for (const [name, answer] of Object.entries(answers)) {
  test(`${name} loses nothing that is typed`, async () => {
    const page = await w.open('/envs/staging/flags/mail_digest')
    const { revision } = await flag('mail_digest')
    await edit(page, '60')
    await page.route('**/flags/mail_digest', (route) => (route.request().method() === 'PUT' ? route.fulfill(answer) : route.continue()))
    await page.getByRole('button', { name: 'Save in staging' }).click()
    await page.getByText(answer.status === 500 ? 'The server answered 500' : "The answer can't be read").first().waitFor()
    assert.equal(await page.getByLabel('Percentage of actors, in percent').inputValue(), '60 %')
    await page.unroute('**/flags/mail_digest')
    assert.equal((await flag('mail_digest')).revision, revision)
  })

  test(`a page that gets ${name} says so, and is whole once that is over`, async () => {
    const page = await w.open('/envs/staging/flags')
    await page.locator('[data-key]').first().waitFor()
    await page.route('**/v1/envs/staging/{hosts,segments,usage,index,export}*', (route) => route.fulfill(answer))
    for (const name of ['Hosts', 'Segments']) {
      await page.getByRole('link', { name, exact: true }).first().click()
      await page.getByRole('alert').getByText(answer.status === 500 ? 'The server answered 500' : "The answer can't be read").waitFor()
    }
    await page.unroute('**/v1/envs/staging/{hosts,segments,usage,index,export}*')
    if (answer.status !== 500) await page.getByText('enterprise-trial').first().waitFor() // by itself
  })
}

test('every page says that it can\'t be read, and reads again by itself', async () => {
  const nothing = { home: 1, signIn: 1, newFlag: 1, firstMinute: 1, login: 1, explain: 1, environments: 1 } // of their own
  const keys: Partial<Record<keyof typeof paths, string>> = { segment: 'enterprise-trial' }
  const context = await w.browser.newContext()
  const failing = /\/v1\/(?!session|envs$)/
  await context.route('**/changes', (route) => route.abort())
  await context.route(failing, (route) => route.fulfill({ status: 503, body: '' }))
  const open: [string, Page][] = []
  for (const [name, path] of Object.entries(paths)) {
    if (name in nothing) continue
    const page = await w.open(path.replace(':env', 'staging').replace(':key', keys[name as keyof typeof paths] ?? 'mail_digest'), { context })
    await page.locator('main').getByText('The server answered 503').first().waitFor().catch(() => assert.fail(`${name} doesn't say it`))
    open.push([name, page])
  }
  await context.unroute(failing)
  for (const [name, page] of open) await page.locator('main').getByText('The server answered 503').waitFor({ state: 'detached' }).catch(() => assert.fail(`${name} doesn't read again`))
  await context.close()
})

test('an answer that never comes is given up, and says that it may have been done', async () => {
  const page = await w.open('/envs/staging/flags/search_suggest')
  await page.clock.install()
  await page.reload()
  await page.getByText('Live', { exact: true }).waitFor()
  await edit(page, '95')
  let sent = 0
  let did = (): void => {}
  const done = new Promise<void>((resolve) => (did = resolve))
  await page.route('**/flags/search_suggest', async (route) => {
    if (route.request().method() !== 'PUT') return route.continue()
    sent++
    await route.fetch() // the server does it, and its answer is lost
    did()
  })
  const save = page.getByRole('button', { name: 'Save in staging' })
  await save.dblclick()
  await save.and(page.locator(':disabled')).waitFor()
  await done
  await page.getByText('90% → 95% of actors').waitFor() // which would take the place of the words if it came after them
  await page.clock.fastForward(31_000)
  await page.getByText("The server doesn't answer").first().waitFor()
  await page.getByText('may have been done all the same').first().waitFor()
  assert.equal(sent, 1)
  assert.equal((await flag('search_suggest')).gates[0].ratio, 0.95)
})

test('that something may have been done is told for longer than the server is away', async () => {
  const page = await w.open('/envs/staging/segments/android-beta')
  await page.clock.install()
  await page.reload()
  await page.getByLabel('Description').fill('typed')
  const sent = page.waitForRequest((request) => request.method() === 'PUT' && !request.url().includes('dry_run'))
  await page.route('**/segments/android-beta', (route) => (route.request().method() === 'PUT' ? undefined : route.continue()))
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await sent
  await page.clock.fastForward(31_000)
  const words = page.getByText('may have been done all the same').first()
  await words.waitFor()
  const back = page.waitForResponse('**/v1/envs')
  await page.clock.fastForward(3000)
  await back
  await page.waitForTimeout(200)
  assert.ok(await words.isVisible())
})

test('a dialog stays until its act is answered, and tells a failure', async () => {
  const page = await w.open('/envs/staging/flags/payments_retry')
  let look = (): void => {}
  const looked = new Promise<void>((resolve) => (look = resolve))
  await page.route('**/preview', async (route) => (await looked, route.continue()))
  await page.getByRole('button', { name: 'Kill…' }).click()
  let answer = (): void => {}
  const held = new Promise<void>((resolve) => (answer = resolve))
  await page.route('**/kill', async (route) => (await held, route.fulfill({ status: 503, body: '' })))
  await page.getByRole('button', { name: 'Kill in staging' }).click()
  await page.getByRole('button', { name: 'Kill in staging' }).and(page.locator(':disabled')).waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  answer()
  await page.getByRole('dialog').getByText('The server answered 503').waitFor()
  look() // what it would do, which comes later, is no answer to that
  await page.getByRole('dialog').locator('.fore .lead').waitFor()
  assert.ok(await page.getByRole('dialog').getByText('The server answered 503').isVisible())
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
})

test('a failure to save stays, whatever is said later about what is typed', async () => {
  const forms: [string, (page: Page) => Promise<void>, string][] = [
    ['/envs/staging/flags/mail_digest', async (page) => (await page.getByRole('button', { name: 'Edit percentage' }).click(), page.getByLabel('Percentage of actors, in percent').fill('61')), 'Save in staging'],
    ['/envs/staging/segments/enterprise-trial', (page) => page.getByLabel('Description').fill('typed'), 'Save in staging'],
    ['/envs/staging/new', (page) => page.getByLabel('Key', { exact: true }).fill('brand_new'), 'Make it in staging'],
  ]
  const looks = /preview$|dry_run=true/
  for (const [path, type, button] of forms) {
    for (const asked of ['before', 'after']) {
      const page = await w.open(path)
      let say = (): void => {}
      const said = new Promise<void>((resolve) => (say = resolve))
      await page.route(/\/v1\/envs\/staging\/(flags|segments|preview)/, async (route) => {
        if (looks.test(route.request().url())) return said.then(() => route.continue())
        return route.request().method() === 'PUT' ? route.fulfill({ status: 500, body: '' }) : route.continue()
      })
      const look = page.waitForRequest((request) => looks.test(request.url()))
      await type(page)
      if (asked === 'before') await look
      await page.getByRole('button', { name: button }).first().click()
      await page.getByText('The server answered 500').first().waitFor()
      const answered = (await look).response()
      say()
      await answered
      await page.waitForTimeout(100)
      assert.ok(await page.getByText('The server answered 500').first().isVisible(), `${path}, asked ${asked} it failed`)
    }
  }
})

test('several flags at once: those that fail are told, and Escape meanwhile breaks nothing', async () => {
  const page = await w.open('/envs/staging/flags?q=group:mail')
  await page.locator('[data-key]').first().waitFor()
  await page.keyboard.press('X')
  await page.getByRole('button', { name: 'Kill…' }).click()
  const sure = page.getByRole('button', { name: /^Kill \d flags in staging/ })
  await page.locator('.bulk-rows li.ready').first().waitFor()
  let answer = (): void => {}
  const held = new Promise<void>((resolve) => (answer = resolve))
  await page.route('**/mail_amp/kill', async (route) => (await held, route.fulfill({ status: 500, contentType: 'text/html', body: '<h1>Oops</h1>' })))
  await sure.click()
  await page.keyboard.press('Escape')
  answer()
  await page.locator('.bulk-rows li.failed').getByText('The server answered 500').waitFor()
  await page.getByText(/flags? (is|are) changed in staging/).waitFor()
  assert.equal((await flag('mail_amp')).killed, false)
})

test('Ctrl+Z in a field undoes what was typed there, and no change', async () => {
  const page = await w.open('/envs/staging/segments/enterprise-trial')
  await page.getByLabel('Description').fill('saved')
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await page.getByText('enterprise-trial is saved in staging.').waitFor()
  await page.getByLabel('Description').fill('typed next')
  await page.keyboard.press('Control+z')
  await page.waitForFunction(() => document.querySelector('input')?.value !== 'typed next')
  assert.equal((await w.server.api('GET', '/v1/envs/staging/segments/enterprise-trial')).description, 'saved')
  await page.getByLabel('Description').fill('typed next')
  await page.getByRole('button', { name: /^Undo/ }).click()
  await page.getByText('enterprise-trial is as before in staging.').waitFor()
  assert.equal(await page.getByLabel('Description').inputValue(), 'typed next')
})

test('whoever signs out and is not heard is told', async () => {
  const page = await w.open('/envs/staging/flags')
  await page.route('**/v1/session', (route) => (route.request().method() === 'DELETE' ? route.abort() : route.continue()))
  await page.getByRole('button', { name: /^Signed in as/ }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('Not signed out').waitFor()
})

test('older changes stay while one reads them, each once', async () => {
  for (let i = 0; i < 60; i++) await w.server.api('POST', '/v1/envs/staging/flags/mail_preferences_v2/enable', { for_actor: `user:${i}` })
  for (const path of ['/envs/staging/audit', '/envs/staging/flags/mail_preferences_v2/history']) {
    const page = await w.open(path)
    const rows = page.locator('main tbody tr, main .hist > li')
    await page.getByRole('button', { name: /older/i }).dblclick()
    await page.waitForFunction(() => document.querySelectorAll('main tbody tr, main .hist > li').length > 60)
    const n = await rows.count()
    await w.server.api('POST', '/v1/envs/staging/flags/mail_preferences_v2/enable', { for_actor: 'user:late', reason: `seen ${path}` })
    await page.getByText(`seen ${path}`, { exact: true }).first().waitFor()
    assert.equal(await rows.count(), n + 1)
    await w.server.api('POST', '/v1/envs/staging/flags/mail_preferences_v2/clear', { for_actor: 'user:late' })
  }
})

test('the words of a failure to save don\'t come back with what was typed', async () => {
  const forms: [string, (page: Page, text: string) => Promise<void>, string][] = [
    ['/envs/staging/flags/mail_digest', async (page, text) => {
      if (!(await page.getByLabel('Percentage of actors, in percent').isVisible())) await page.getByRole('button', { name: 'Edit percentage' }).click()
      await page.getByLabel('Percentage of actors, in percent').fill(text)
    }, 'Save in staging'],
    ['/envs/staging/segments/enterprise-trial', (page, text) => page.getByLabel('Description').fill(text), 'Save in staging'],
    ['/envs/staging/new', (page, text) => page.getByLabel('Key', { exact: true }).fill(`key_${text}`), 'Make it in staging'],
  ]
  for (const [path, type, button] of forms) {
    const page = await w.open(path)
    await page.route(/\/v1\/envs\/staging\/(flags|segments)\//, (route) => (route.request().method() === 'PUT' && !route.request().url().includes('dry_run') ? route.fulfill({ status: 500, body: '' }) : route.continue()))
    await type(page, '61')
    await page.getByRole('button', { name: button }).first().click()
    const words = page.getByText('The server answered 500').first()
    await words.waitFor()
    await type(page, '62')
    await words.waitFor({ state: 'detached' })
    const look = page.waitForResponse(/preview$|dry_run=true/)
    await type(page, '61')
    await look
    assert.ok(!(await words.isVisible()), path)
  }
})

test('what can\'t be read isn\'t told as if it had been', async () => {
  const page = await w.open('/envs/staging/flags/search_suggest')
  await page.getByText('Suggestions while typing', { exact: true }).waitFor()
  await page.route(/\/v1\/(audit\/failures|envs\/staging\/(flags\/mail_digest$|flags\?.*180d|segments\/))/, (route) => route.fulfill({ status: 500, body: '' }))
  const said = page.locator('main').getByText('The server answered 500').first()
  for (const [path, wrong] of [
    ['/envs/staging/flags/mail_digest', 'Suggestions while typing'],
    ['/envs/staging/segments/enterprise-trial', 'There is no segment of this name'],
    ['/envs/staging/audit', undefined],
    ['/envs/staging/audit?show=refused', 'Nothing was refused'],
    ['/envs/staging/clean-up', undefined],
    ['/envs/staging/clean-up?for=180', 'Not asked for in 180 days'],
  ] as const) {
    await go(page, path)
    if (wrong === undefined) {
      await page.locator('main').locator('tbody tr, h2').first().waitFor()
      continue
    }
    await said.waitFor()
    assert.ok(!(await page.locator('main').getByText(wrong).first().isVisible()), `${path} says: ${wrong}`)
  }
})

test('a conflict isn\'t told with the words of an earlier check', async () => {
  const page = await w.open('/envs')
  await page.route('**/changes', (route) => route.abort()) // so that the page learns of it when it saves
  await page.goto(`${w.server.address}/envs/staging/segments/android-beta`)
  await page.route('**/segments/android-beta?dry_run=true', (route) => route.fulfill({ status: 500, body: '' }))
  await page.getByLabel('Description').fill('mine')
  const words = page.getByText('The server answered 500')
  await words.waitFor()
  await w.server.api('PUT', '/v1/envs/staging/segments/android-beta', { description: 'theirs', constraints: [{ attribute: 'platform', operator: 'eq', values: ['ios'] }] })
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await page.getByText('You both changed one part').waitFor()
  await page.waitForTimeout(100)
  assert.ok(!(await words.isVisible()))
})
