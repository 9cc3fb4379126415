import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { adminToken, world } from './support.ts'

const w = world()

/** Shows one tab, as a browser's window does; the others are hidden. */
async function show(shown: Page, tabs: readonly Page[]): Promise<void> {
  for (const tab of [...tabs.filter((each) => each !== shown), shown]) {
    await tab.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, value: hidden })
      document.dispatchEvent(new Event('visibilitychange'))
    }, tab !== shown)
  }
}

test('ten tabs work at once, and each one that is shown has what it missed', async () => {
  const context = await w.browser.newContext()
  const tabs: Page[] = []
  for (let i = 0; i < 10; i++) {
    const tab = await w.open('/envs/staging/flags/mail_amp', { context })
    tabs.push(tab)
    await show(tab, tabs)
    await tab.locator('.foot .live').getByText('Live', { exact: true }).waitFor()
  }
  await w.server.api('POST', '/v1/envs/staging/flags/mail_amp/kill', { reason: 'seen by all' })
  for (const tab of tabs) {
    await show(tab, tabs)
    await tab.getByText('seen by all').waitFor()
  }
  await context.close()
})

test('a tab learns that another one has signed in as somebody else', async () => {
  const { token } = await w.server.api('POST', '/v1/tokens', { name: 'a viewer', role: 'viewer' })
  const context = await w.browser.newContext()
  const tab = await w.open('/envs/staging/flags/mail_amp', { context })
  const typing = await w.open('/envs/staging/flags/search_suggest', { context })
  await typing.getByRole('button', { name: 'Edit percentage' }).click()
  await typing.getByLabel('Percentage of actors, in percent').fill('95')
  await typing.keyboard.press('Tab')
  for (const each of [token, adminToken, token]) assert.equal((await context.request.post(`${w.server.address}/v1/sessions`, { data: { token: each } })).status(), 201)
  await show(tab, [tab, typing])
  await tab.getByRole('button', { name: 'Signed in as a viewer, viewer' }).waitFor()
  assert.equal(await tab.getByRole('button', { name: /^Kill/ }).count(), 0)
  await show(typing, [tab, typing])
  await typing.getByRole('button', { name: 'Signed in as a viewer, viewer' }).waitFor()
  assert.equal(await typing.getByLabel('Percentage of actors, in percent').inputValue(), '95 %')
  await typing.getByRole('button', { name: 'Save in staging' }).click()
  await typing.getByText('the token "a viewer" (viewer) has no permission to write').waitFor()
})
