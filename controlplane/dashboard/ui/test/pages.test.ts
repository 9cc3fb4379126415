import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { paths } from '../src/lib/paths.ts'
import { report } from './sample.ts'
import { world } from './support.ts'

const w = world()

test('a token is made, shown once, and revoked', async () => {
  const page = await w.open('/tokens')
  await page.getByRole('button', { name: 'New token' }).click()
  await page.getByLabel('What uses it').fill('shop <b>')
  await page.getByLabel('production', { exact: true }).check()
  await page.getByRole('button', { name: 'Make the token' }).click()
  const secret = await page.locator('.shown-once code').innerText()
  assert.match(secret, /^gfn_sdk_/)
  const answer = (path: string) => fetch(w.server.address + path, { headers: { authorization: `Bearer ${secret}` } }).then(({ status }) => status)
  assert.deepEqual([await answer('/v1/envs/production/snapshot'), await answer('/v1/envs/staging/snapshot')], [200, 403])
  await page.getByRole('button', { name: 'I have it' }).click()
  assert.equal(await page.getByText(secret).count(), 0)
  await page.getByRole('button', { name: /^Revoke shop <b>/ }).click()
  await page.getByLabel('Reason, for the audit').fill('was in a log')
  await page.getByRole('button', { name: 'Revoke shop <b>', exact: true }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  assert.equal(await answer('/v1/envs/production/snapshot'), 401)
})

test('an environment is made as a copy, and filled from another after a look', async () => {
  const page = await w.open('/environments')
  await page.getByRole('button', { name: 'New environment' }).click()
  await page.getByLabel('Key').fill('canary')
  await page.getByLabel('Begin with').selectOption('staging')
  await page.getByRole('button', { name: 'Make the environment' }).click()
  await page.getByText('canary is made, with what staging has.').waitFor()
  await w.server.api('POST', '/v1/envs/staging/flags/mail_digest/kill', {})
  await page.getByRole('button', { name: 'Copy…' }).click()
  await page.getByLabel('From').selectOption('staging')
  await page.getByLabel('Into').selectOption('canary')
  await page.getByText('1 changed').waitFor()
  assert.equal((await w.server.api('GET', '/v1/envs/canary/flags/mail_digest')).killed, false)
  await page.getByRole('button', { name: 'Copy into canary' }).click()
  await page.getByText('canary has what staging has: 1 change').waitFor()
  assert.equal((await w.server.api('GET', '/v1/envs/canary/flags/mail_digest')).killed, true)
  await page.getByRole('button', { name: 'Delete canary' }).click()
  const button = page.getByRole('dialog').getByRole('button', { name: 'Delete canary' })
  assert.equal(await button.isDisabled(), true)
  await page.getByLabel('Type canary to go on').fill('canary')
  await button.click()
  await page.getByText('canary is deleted.').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Delete default' }).count(), 0) // the server refuses that
})

test('a segment is changed, undone, and told of when someone else saves', async () => {
  const page = await w.open('/envs/production/segments/enterprise-trial')
  await page.getByLabel('Value of condition 2').fill('50')
  await page.getByText('2 flags name it.').waitFor()
  await page.getByLabel('Reason, for the history').fill('fewer')
  await page.getByRole('button', { name: 'Save in production' }).click()
  await page.getByText('enterprise-trial is saved in production.').waitFor()
  const seats = async () => (await w.server.api('GET', '/v1/envs/production/segments/enterprise-trial')).constraints[1].values[0]
  assert.equal(await seats(), 50)
  await page.keyboard.press('Control+z')
  await page.getByText('enterprise-trial is as before in production.').waitFor()
  assert.equal(await seats(), 20)
  await page.getByLabel('Value of condition 2').fill('70')
  await w.server.api('PUT', '/v1/envs/production/segments/enterprise-trial', { description: 'theirs', constraints: [{ attribute: 'plan', operator: 'eq', values: ['x'] }] })
  await page.getByText('You both changed one part').waitFor()
  assert.equal(await page.getByLabel('Value of condition 2').inputValue(), '70')
  await page.getByRole('radio', { name: 'seats is at least 70' }).check()
  await page.getByRole('button', { name: /^Go on/ }).click()
  await page.getByRole('button', { name: 'Save in production' }).click()
  await page.getByText('enterprise-trial is saved in production.').waitFor()
  assert.equal(await seats(), 70)
  await page.getByLabel('Comparison of condition 1').selectOption('matches')
  await page.getByLabel('Value of condition 1').fill('(')
  await page.locator('.cond .err').first().waitFor()
  assert.equal(await page.getByRole('button', { name: 'Save in production' }).isDisabled(), true)
})

test('the matrix compares a flag, and brings it over', async () => {
  const page = await w.open('/matrix?only=differences')
  await page.locator('.matrix .cell').first().waitFor()
  await page.getByRole('textbox', { name: /search/i }).or(page.getByRole('combobox')).first().fill('checkout_new_payment')
  await page.keyboard.press('Enter')
  await page.locator('.matrix [data-env=Production] .cell').first().click()
  await page.getByText('where staging has').first().waitFor()
  await page.getByRole('button', { name: 'Bring from staging…' }).click()
  await page.getByRole('heading', { name: 'Bring checkout_new_payment from staging to production?' }).waitFor()
  await page.getByRole('button', { name: 'Save in production' }).click()
  await page.getByText('The same gates as in staging.').waitFor()
})

test('audit says what was made and what was refused, and filters by the address', async () => {
  await w.server.api('POST', '/v1/envs/production/flags/zz/enable', { for_percentage_of: { actors: 1.5 } }).catch(() => undefined)
  const page = await w.open('/envs/production/audit?action=flag.kill')
  await page.getByText('provider answers 502').first().waitFor()
  assert.equal(await page.getByText('canary').count(), 0)
  await page.getByRole('link', { name: 'Refused' }).click()
  await page.getByText('1.5 is not between 0 and 1').first().waitFor()
})

test('a whole environment goes back to a revision after a look, and forward again', async () => {
  const flags = async () => (await w.server.api('GET', '/v1/envs/staging/flags?prefix=api')).flags.map((flag: { killed: boolean }) => flag.killed)
  const { revision } = await w.server.api('GET', '/v1/envs/staging')
  for (const key of ['api_graphql', 'api_rate_limit_v2']) await w.server.api('POST', `/v1/envs/staging/flags/${key}/kill`, {})
  const page = await w.open('/envs/staging/audit')
  await page.getByRole('button', { name: new RegExp(`^Roll back to ${revision}\\b.*all of staging`) }).click()
  await page.getByRole('dialog').getByText('2 changed').waitFor()
  assert.deepEqual(await flags(), [true, true])
  await page.getByLabel('Reason, for the audit').fill('before the incident')
  await page.getByRole('button', { name: 'Roll back in staging' }).click()
  await page.getByText(`staging is as at revision ${revision}.`).waitFor()
  assert.deepEqual(await flags(), [false, false])
  await page.keyboard.press('Control+z')
  await page.getByText(`staging is as at revision ${revision + 2} again.`).waitFor()
  assert.deepEqual(await flags(), [true, true])
})

test('hosts that are behind are shown, and clean-up deletes what the server lets go', async () => {
  const { revision } = await w.server.api('GET', '/v1/envs/staging')
  for (const [id, at] of [['shop-1', revision], ['shop-2', revision - 1]]) await w.server.api('POST', '/v1/envs/staging/usage', { flags: {}, host: { id, sdk: 'go', version: '0.2.0', revision: at } })
  const hosts = await w.open('/envs/staging/hosts')
  await hosts.getByRole('main').getByText('1 of 2 hosts serve revision').waitFor()
  await hosts.getByText('1 behind').waitFor()
  const page = await w.open('/envs/production/clean-up')
  await page.getByText('Not asked for in 30 days').waitFor()
})

test('a viewer sees no control that would fail', async () => {
  const { token } = await w.server.api('POST', '/v1/tokens', { name: 'reader', role: 'viewer' })
  for (const [path, ready] of [['/envs/production/segments/enterprise-trial', '.cond'], ['/environments', '.list'], ['/matrix', '.cell'], ['/envs/production/first', '.stepper']] as const) {
    const page = await w.open(path, { token })
    await page.locator(ready).first().waitFor()
    const offered = await page.getByRole('main').getByRole('button', { name: /^(save|new |delete|copy…|make it|settings|bring)/i }).allInnerTexts()
    assert.deepEqual(offered, [], path)
  }
})

test('the first flag turns green when a program asks', async () => {
  await w.server.api('POST', '/v1/envs', { key: 'empty' })
  const page = await w.open('/envs/empty/flags')
  await page.getByRole('link', { name: 'Raise the first one' }).click()
  await page.getByRole('button', { name: 'Make it, on for everyone' }).click()
  await page.getByRole('tab', { name: 'curl' }).click()
  await page.getByRole('button', { name: 'Make one for empty' }).click()
  const lines = await page.locator('#lines').filter({ hasText: 'gfn_sdk_' }).innerText()
  const token = /Bearer (\S+?)'/.exec(lines)![1]!
  const answer = await fetch(`${w.server.address}/ofrep/v1/evaluate/flags/new_checkout`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'x-gonfalon-env': 'empty', 'content-type': 'application/json' }, body: '{"context":{"targetingKey":"user:3"}}' })
  assert.equal((await answer.json() as { value: boolean }).value, true)
  await page.getByText('Your program asks new_checkout.').waitFor()
})

test('on a phone every page is one or two touches away, and so is signing out', async () => {
  const page = await w.open('/matrix', { width: 390, height: 844 })
  await page.getByRole('button', { name: /^All environments/ }).waitFor()
  assert.ok(await page.locator('.env .one').first().evaluate((each) => each.scrollWidth <= each.clientWidth), 'the words of the cloth are whole')
  const nav = page.getByRole('navigation', { name: 'Main, phone' })
  const marks = await nav.locator('svg').evaluateAll((each) => each.map((mark) => mark.getBoundingClientRect().top))
  assert.deepEqual(marks, Array(5).fill(marks[0]), 'the marks stand on one line')
  for (const name of ['Segments', 'Hosts', 'Clean-up', 'Tokens', 'Webhooks']) {
    await nav.getByRole('button', { name: 'More' }).click()
    await nav.getByRole('link', { name }).click()
    await page.getByRole('heading', { level: 1 }).getByText(name).waitFor()
  }
  await nav.getByRole('button', { name: 'More' }).click()
  const box = (await nav.getByRole('button', { name: 'Sign out' }).boundingBox())!
  assert.ok(box.y > 0 && box.y + box.height < 844, JSON.stringify(box))
})

test('every page is in the bar or its menus, and the palette finds it by the same words', async () => {
  const page = await w.open('/matrix')
  const links = page.locator('.top .nav a, .top .menu li:not(.note) a')
  const places = new Map<string, string>()
  for (const menu of [/^All environments/, /^Signed in as/]) {
    await page.getByRole('button', { name: menu }).first().click()
    for (const link of await links.all()) places.set(new URL((await link.getAttribute('href'))!, w.server.address).pathname, (await link.innerText()).replace('…', ''))
  }
  const env = await page.evaluate(() => document.querySelector('.top .nav a')!.getAttribute('href')!.split('/')[2]!)
  const within = { home: 1, signIn: 1, newFlag: 1, firstMinute: 1, login: 1 } // where one gets from another page
  for (const [name, path] of Object.entries(paths)) {
    if (name in within || path.includes(':key')) continue
    const address = path.replace(':env', env)
    const title = places.get(address)
    assert.ok(title, `${name} is in no menu`)
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Find or do' }).fill(title)
    await page.getByRole('option').filter({ has: page.locator('.one', { hasText: new RegExp(`^${title}`) }) }).filter({ hasText: 'go' }).first().click()
    await page.waitForURL((url) => url.pathname === address)
  }
})

test('the steps of a flag are numbered as they stand', async () => {
  const page = await w.open('/envs/production/flags/account_merge')
  await page.locator('.ladder .gate').first().waitFor()
  assert.deepEqual(await page.locator('.ladder:not(.apart) .tier .n').allInnerTexts(), ['1', '2'])
  await page.goto(`${w.server.address}/envs/production/explain/account_merge?actor=user:1`)
  await page.locator('.step').first().waitFor()
  const numbers = await page.locator('.ladder .tier .n').allInnerTexts()
  assert.deepEqual(numbers, numbers.map((_, i) => String(i + 1)))
})

test('on a phone each value of a list says what it is of', async () => {
  await report(w.server.api, 'production')
  await w.server.api('POST', '/v1/envs/production/flags/zz/enable', { for_percentage_of: { actors: 2 } }).catch(() => undefined)
  const weights = new Set<string>()
  for (const path of ['/tokens', '/environments', '/envs/production/hosts', '/envs/production/audit', '/envs/production/audit?show=refused', '/envs/production/segments']) {
    const page = await w.open(path, { width: 390, height: 844 })
    await page.locator('.list tbody td').first().waitFor()
    const said = await page.locator('.list tbody td:not(.acts, .pick-one)').evaluateAll((cells) => cells.map((cell) => getComputedStyle(cell, '::before').content))
    assert.ok(said.length > 0 && said.every((text) => /^".+"$/.test(text)), `${path}: ${said.join(' ')}`)
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false)
    for (const note of await page.locator('.list tbody th .f').all()) weights.add(await note.evaluate((each) => getComputedStyle(each).fontWeight))
  }
  assert.deepEqual([...weights], ['400'], 'a description is not bold')
})

test('the lines that ask a flag have its address, environment and key, in each language', async () => {
  const key = `odd "key" #{1} $x 'y'`
  await w.server.api('PUT', `/v1/envs/staging/flags/${encodeURIComponent(key)}`, { gates: [{ type: 'boolean' }] })
  const page = await w.open(`/envs/staging/flags/${encodeURIComponent(key)}?tab=code`)
  const { token } = await w.server.api('POST', '/v1/tokens', { name: 'shell', role: 'sdk' })
  const tabs = page.getByRole('tab')
  await tabs.first().waitFor()
  assert.deepEqual(await tabs.allInnerTexts(), ['Go', 'Node', 'Python', 'Ruby', 'Elixir', 'Java', 'Rust', 'PHP', '.NET', 'curl'])
  for (const tab of await tabs.all()) {
    await tab.click()
    const lines = await page.locator('#lines').innerText()
    assert.ok(lines.split('\n').length === 3 && lines.includes(w.server.address) && lines.includes('staging') && lines.includes('odd'), lines)
  }
  const lines = (await page.locator('#lines').innerText()).replace('the token', token)
  assert.equal(JSON.parse(execFileSync('sh', ['-c', lines], { encoding: 'utf8' })).value, true)
  await page.reload()
  await page.getByRole('tab', { name: 'curl', selected: true }).waitFor() // the language is remembered
})

test('the settings of an environment say what follows, are saved, and never over somebody else\'s', async () => {
  const page = await w.open('/environments')
  await page.getByRole('link', { name: 'Settings of staging' }).click()
  await page.getByRole('heading', { name: 'Settings of staging' }).waitFor()
  await page.getByLabel('Where two of an actor\'s groups disagree').selectOption('allow_wins')
  await page.getByText('gets the flag. Every flag of staging decides so once this is saved.').waitFor()
  await page.getByLabel('Description').fill('for rehearsals')
  await page.getByLabel('Reason, for the audit').fill('as in Bandera')
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await page.getByText('The settings of staging are saved.').waitFor()
  const stands = async () => { const { description, settings } = await w.server.api('GET', '/v1/envs/staging'); return [description, settings.group_conflict] }
  assert.deepEqual(await stands(), ['for rehearsals', 'allow_wins'])
  await page.getByLabel('Description').fill('mine')
  await w.server.api('PATCH', '/v1/envs/staging', { description: 'theirs' })
  await page.getByText('Somebody changed this in the meantime: the description is “theirs”').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Save in staging' }).isDisabled(), true)
  assert.equal(await page.getByLabel('Description').inputValue(), 'mine')
  assert.deepEqual(await stands(), ['theirs', 'allow_wins'])
  await page.getByRole('button', { name: 'Keep mine' }).click()
  await page.getByRole('button', { name: 'Save in staging' }).click()
  await page.getByRole('button', { name: 'Discard', disabled: true }).waitFor() // the bar still tells of the first time
  assert.deepEqual(await stands(), ['mine', 'allow_wins'])
})
