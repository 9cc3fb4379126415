import type { Page } from 'playwright-core'
import { report } from './sample.ts'
import type { World } from './support.ts'

/** One look at a page: what has to be there before, and what is done before and after it is opened. */
export interface Look {
  readonly name: string
  readonly path: string
  readonly ready: string
  readonly first?: () => Promise<void>
  readonly then?: (page: Page) => Promise<void>
}

/** Every page, with what opens on it. */
export function looks(w: World): readonly Look[] {
  /** Hosts count for 150 seconds after their last report; staging has one that is late. */
  const heard = {
    production: () => report(w.server.api, 'production'),
    staging: () => w.server.api('POST', '/v1/envs/staging/usage', { flags: {}, host: { id: 'shop-1', sdk: 'go', version: '0.2.0', revision: 1 } }),
  }

  return [
    { name: 'list', path: '/envs/production/flags', ready: '[data-key]' },
    { name: 'tokens in the search', path: '/envs/production/flags?q=owner:checkout+tag:rollout+state:partial+stale:no', ready: '.tok' },
    { name: 'cards', path: '/envs/production/flags?view=cards', ready: '.card' },
    { name: 'code', path: '/envs/production/flags/checkout_new_payment?tab=code', ready: '.code' },
    { name: 'payload', path: '/envs/production/flags/shop_banner', ready: '.gate', then: async (page) => { await page.getByRole('button', { name: 'Edit variant' }).click(); await page.getByLabel('Payload of variant 1, in JSON').fill('{"text": }'); await page.getByText('a value is missing').waitFor() } },
    { name: 'flag', path: '/envs/production/flags/search_ranking_v3', ready: '.gate' },
    { name: 'dependencies', path: '/envs/production/flags/checkout_new_payment?tab=dependencies', ready: '.graph li' },
    { name: 'usage', path: '/envs/production/flags/checkout_new_payment?tab=usage', ready: '.charts svg' },
    { name: 'selected', path: '/envs/staging/flags', ready: '[data-key]', then: async (page) => { await page.getByLabel('Select', { exact: true }).check(); await page.getByLabel('Select account_merge').check(); await page.getByText('1 flag selected').waitFor() } },
    { name: 'bulk', path: '/envs/staging/flags', ready: '[data-key]', then: async (page) => { await page.keyboard.press('j'); await page.keyboard.press('x'); await page.getByRole('button', { name: 'Kill…' }).click(); await page.locator('.bulk-rows .ready').first().waitFor() } },
    { name: 'history', path: '/envs/production/flags/checkout_new_payment/history', ready: '.hist li' },
    { name: 'new flag', path: '/envs/production/new', ready: '.form' },
    { name: 'explain', path: '/envs/production/explain/search_ranking_v3?actor=user:19', ready: '.step' },
    { name: 'explain the past', path: '/envs/production/explain/checkout_new_payment?actor=user:19&groups=staff,beta&context=%7B%22plan%22%3A%22pro%22%7D&revision=3', ready: '.step' },
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
    { name: 'all keys', path: '/envs/production/flags', ready: '[data-key]', then: async (page) => { await page.keyboard.press('?'); await page.locator('dialog dl').waitFor() } },
    { name: 'kill', path: '/envs/production/flags/checkout_new_payment', ready: '.gate', then: async (page) => { await page.keyboard.press('K'); await page.locator('dialog .lead').waitFor() } },
    ...(['actor', 'group', 'prerequisite', 'rule', 'segment', 'boolean', 'schedule', 'percentage', 'variant'] as const).map((kind) => ({
      name: `edit ${kind}`,
      path: '/envs/staging/flags/search_ranking_v3',
      ready: '.gate',
      then: async (page: Page) => { await page.getByRole('button', { name: `Edit ${kind}`, exact: true }).click(); await page.locator('.fore').waitFor() },
    })),
  ]
}
