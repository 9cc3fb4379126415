import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { report } from './sample.ts'
import { accessible, world } from './support.ts'

const w = world()

/** Hosts count for 150 seconds after their last report; staging has one that is late. */
const heard = {
  production: () => report(w.server.api, 'production'),
  staging: () => w.server.api('POST', '/v1/envs/staging/usage', { flags: {}, host: { id: 'shop-1', sdk: 'go', version: '0.2.0', revision: 1 } }),
}

/** Every page, what has to be there before it is looked at, and what is done before and after that. */
const pages: readonly { name: string; path: string; ready: string; first?: () => Promise<void>; then?: (page: Page) => Promise<void> }[] = [
  { name: 'list', path: '/envs/production/flags', ready: '[data-key]' },
  { name: 'cards', path: '/envs/production/flags?view=cards', ready: '.card' },
  { name: 'code', path: '/envs/production/flags/checkout_new_payment?tab=code', ready: '.code' },
  { name: 'payload', path: '/envs/production/flags/shop_banner', ready: '.gate', then: async (page) => { await page.getByRole('button', { name: 'Edit variant' }).click(); await page.getByLabel('Payload of variant 1, in JSON').fill('{"text": }'); await page.getByText('a value is missing').waitFor() } },
  { name: 'flag', path: '/envs/production/flags/search_ranking_v3', ready: '.gate' },
  { name: 'dependencies', path: '/envs/production/flags/checkout_new_payment?tab=dependencies', ready: '.graph li' },
  { name: 'usage', path: '/envs/production/flags/checkout_new_payment?tab=usage', ready: '.charts svg' },
  { name: 'bulk', path: '/envs/staging/flags', ready: '[data-key]', then: async (page) => { await page.keyboard.press('j'); await page.keyboard.press('x'); await page.getByRole('button', { name: 'Kill…' }).click(); await page.locator('.bulk-rows .ready').first().waitFor() } },
  { name: 'history', path: '/envs/production/flags/checkout_new_payment/history', ready: '.hist li' },
  { name: 'new flag', path: '/envs/production/new', ready: '.form' },
  { name: 'explain', path: '/envs/production/explain/search_ranking_v3?actor=user:19', ready: '.step' },
  { name: 'explain nothing', path: '/envs/production/explain', ready: '.ask' },
  { name: 'segments', path: '/envs/production/segments', ready: '.list' },
  { name: 'segment', path: '/envs/production/segments/enterprise-trial', ready: '.cond' },
  { name: 'no hosts', path: '/envs/development/hosts', ready: '.nothing' },
  { name: 'hosts', path: '/envs/production/hosts', ready: '.list', first: heard.production },
  { name: 'hosts of staging', path: '/envs/staging/hosts', ready: '.list', first: heard.staging },
  { name: 'audit', path: '/envs/production/audit', ready: '.list tbody tr' },
  { name: 'roll back everything', path: '/envs/production/audit', ready: '.list tbody tr', then: async (page) => { await page.getByRole('button', { name: /^Roll back to/ }).first().click(); await page.locator('dialog .lead').waitFor() } },
  { name: 'refused', path: '/envs/production/audit?show=refused', ready: 'main h1' },
  { name: 'clean-up', path: '/envs/production/clean-up', ready: 'h2' },
  { name: 'first minute', path: '/envs/production/first', ready: '.stepper' },
  { name: 'matrix', path: '/matrix', ready: '.cell', then: async (page) => { await page.locator('.matrix .cell').first().click(); await page.locator('.compare li, .compare p').first().waitFor() } },
  { name: 'login', path: `/login#port=4567&state=${'A'.repeat(26)}&challenge=${'A'.repeat(52)}&device=laptop`, ready: '.panel' },
  { name: 'tokens', path: '/tokens', ready: '.list tbody tr', then: async (page) => page.getByRole('button', { name: 'New token' }).click() },
  { name: 'revoke', path: '/tokens', ready: '.list tbody tr', then: async (page) => { await page.getByRole('button', { name: /^Revoke user:7/ }).click(); await page.locator('dialog h2').waitFor() } },
  { name: 'webhooks', path: '/webhooks', ready: 'h1', then: async (page) => page.getByRole('button', { name: 'New webhook' }).click() },
  { name: 'environments', path: '/environments', ready: '.list tbody tr', then: async (page) => page.getByRole('button', { name: 'Copy…' }).click() },
  { name: 'settings', path: '/envs/production/settings', ready: '.panel' },
  { name: 'nowhere', path: '/envs/production/nowhere', ready: 'h1' },
  { name: 'palette', path: '/envs/production/flags', ready: '[data-key]', then: async (page) => { await page.keyboard.press('Control+k'); await page.keyboard.type('pay'); await page.getByRole('option').first().waitFor() } },
  { name: 'kill', path: '/envs/production/flags/checkout_new_payment', ready: '.gate', then: async (page) => { await page.keyboard.press('K'); await page.locator('dialog .lead').waitFor() } },
  ...(['actor', 'group', 'prerequisite', 'rule', 'segment', 'boolean', 'schedule', 'percentage', 'variant'] as const).map((kind) => ({
    name: `edit ${kind}`,
    path: '/envs/staging/flags/search_ranking_v3',
    ready: '.gate',
    then: async (page: Page) => { await page.getByRole('button', { name: `Edit ${kind}`, exact: true }).click(); await page.locator('.fore').waitFor() },
  })),
]

/** Both themes and two sizes; make dashboard-full crosses them. */
const looks = [['light', 1360, 900], ['dark', 390, 844], ...(process.env['DASHBOARD_FULL'] ? ([['dark', 1360, 900], ['light', 390, 844], ['light', 820, 1180], ['dark', 820, 1180]] as const) : [])] as const

for (const [theme, width, height] of looks) {
  test(`${theme}, ${width} wide: axe finds nothing`, async (t) => {
    const door = await w.open('/', { token: '', theme, width, height })
    await t.test('sign-in', () => accessible(door, 'sign-in'))
    const context = await w.browser.newContext({ viewport: { width, height }, colorScheme: theme })
    for (const { name, path, ready, first, then } of pages) {
      await t.test(name, async () => {
        await first?.()
        const page = await w.open(path, { context })
        await page.locator(ready).first().waitFor()
        await then?.(page)
        await accessible(page, name)
        await page.close()
      })
    }
    await context.close()
  })
}

test('axe would find something', async () => {
  const page = await w.open('/envs/production/flags')
  await page.locator('[data-key]').first().waitFor()
  await page.evaluate(() => document.querySelectorAll('[data-key] .star').forEach((star) => star.removeAttribute('aria-label')))
  await assert.rejects(accessible(page, 'planted'), /button-name/)
})
