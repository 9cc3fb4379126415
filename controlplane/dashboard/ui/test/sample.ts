/** Fills a server with what pictures and tests show: three environments, forty flags, their history and their use. */

type Gate = Record<string, unknown>
interface Flag { key: string; description: string; owner: string; tags?: string[]; gates?: Gate[]; killed?: boolean; permanent?: boolean; off_variant?: string }

const on: Gate = { type: 'boolean' }
const actors = (ratio: number): Gate => ({ type: 'percentage_of_actors', ratio })
const time = (ratio: number): Gate => ({ type: 'percentage_of_time', ratio })
const group = (target: string, enabled = true): Gate => ({ type: 'group', target, enabled })
const actor = (target: string, enabled = true): Gate => ({ type: 'actor', target, enabled })
const needs = (target: string, enabled = true): Gate => ({ type: 'prerequisite', target, enabled })
const segment = (target: string, ratio?: number): Gate => ({ type: 'segment', target, ...(ratio ? { ratio } : {}) })
const rule = (constraints: unknown[]): Gate => ({ type: 'rule', constraints })
const is = (attribute: string, operator: string, ...values: unknown[]) => ({ attribute, operator, values })
const variants = (...list: [string, number, unknown?][]): Gate => ({ type: 'variant', variants: list.map(([name, weight, payload]) => ({ name, weight, ...(payload === undefined ? {} : { payload }) })) })

export const segments = [
  { key: 'enterprise-trial', description: 'Large customers on trial', constraints: [is('plan', 'eq', 'enterprise'), is('seats', 'gte', 20)] },
  { key: 'android-beta', description: 'The beta ring on Android', constraints: [is('platform', 'eq', 'android'), is('app', 'semver_gte', '5.2.0')] },
]

export const flags: Flag[] = [
  { key: 'checkout_new_payment', description: 'Takes payment through the new provider. Falls back to the old one when off.', owner: 'checkout', tags: ['payments', 'rollout'], gates: [needs('payments_v2'), actor('user:7'), actor('user:19', false), group('staff'), actors(0.25)] },
  { key: 'checkout_upsell', description: 'Offer after the basket', owner: 'checkout', tags: ['rollout'], gates: [actors(0.5), needs('checkout_new_payment')] },
  { key: 'checkout_express', description: 'One-page checkout', owner: 'checkout', gates: [on, group('kiosk', false)] },
  { key: 'checkout_wallet', description: 'Pay by wallet', owner: 'payments', killed: true, gates: [group('beta'), actors(0.1)] },
  { key: 'checkout_tax_v2', description: 'Tax by delivery address', owner: 'finance', gates: [{ type: 'schedule', from: '2026-12-01T08:00:00Z', until: null }] },
  { key: 'checkout_legacy_cart', description: 'Old basket', owner: 'checkout', gates: [on] },
  { key: 'mobile_offline_cart', description: 'Basket without a network', owner: 'mobile', tags: ['beta'], gates: [segment('android-beta')] },
  { key: 'mobile_min_version', description: 'Oldest app that may sign in', owner: 'mobile', permanent: true, gates: [on, variants(['5.2', 90, '5.2.0'], ['5.4', 10, '5.4.0'])] },
  { key: 'mobile_haptics', description: 'Vibrate on success', owner: 'mobile', gates: [rule([is('platform', 'eq', 'ios')])] },
  { key: 'mobile_push_quiet_hours', description: 'No push between 22 and 7', owner: 'mobile', gates: [] },
  { key: 'ops_readonly_mode', description: 'Refuse writes while migrating', owner: 'platform', permanent: true, gates: [] },
  { key: 'ops_trace_sampling', description: 'Send traces', owner: 'platform', permanent: true, gates: [time(0.05), rule([is('plan', 'in', 'enterprise', 'team')])] },
  { key: 'ops_verbose_errors', description: 'Stack traces in answers', owner: 'platform', gates: [group('staff')] },
  { key: 'ops_maintenance_page', description: 'Show the maintenance page', owner: 'platform', permanent: true, gates: [] },
  { key: 'payments_v2', description: 'The new payment service', owner: 'payments', gates: [on] },
  { key: 'payments_retry', description: 'Try a failed charge again', owner: 'payments', gates: [actors(0.75), rule([is('amount', 'lt', 500)])] },
  { key: 'payments_fraud_score', description: 'Ask the fraud service first', owner: 'payments', gates: [on, group('internal', false)] },
  { key: 'search_ranking_v3', description: 'How results are ordered.', owner: 'search', tags: ['experiment'], gates: [needs('search_index_v2'), needs('search_freeze', false), actor('user:7'), actor('user:31'), actor('user:40'), actor('user:41'), actor('user:19', false), group('staff'), group('bots', false), rule([is('country', 'in', 'DE', 'FR', 'AT'), is('app', 'semver_gte', '5.2.0')]), segment('enterprise-trial'), { type: 'schedule', from: '2026-12-01T08:00:00Z', until: '2026-12-14T17:00:00Z' }, time(0.05), variants(['bm25', 25], ['control', 50], ['vector', 25])] },
  { key: 'search_index_v2', description: 'Read from the new index', owner: 'search', gates: [on] },
  { key: 'search_freeze', description: 'Stop indexing', owner: 'search', gates: [] },
  { key: 'search_suggest', description: 'Suggestions while typing', owner: 'search', gates: [actors(0.9)] },
  { key: 'search_typo_tolerance', description: 'One wrong letter is fine', owner: 'search', gates: [rule([is('locale', 'starts_with', 'en'), is('query_length', 'gte', 4)])] },
  { key: 'shop_banner', description: 'Text and link at the top of the shop', owner: 'shop', tags: ['content'], off_variant: 'none', gates: [on, variants(['none', 0, { text: '' }], ['winter', 60, { text: 'Free delivery until Sunday', link: '/winter' }], ['plain', 40, { text: 'Free delivery' }])] },
  { key: 'shop_recommendations', description: 'Bought together', owner: 'shop', gates: [actors(0.333), group('staff')] },
  { key: 'shop_reviews_photos', description: 'Photos in reviews', owner: 'shop', gates: [on] },
  { key: 'shop_gift_cards', description: 'Sell gift cards', owner: 'shop', gates: [rule([is('country', 'not_in', 'DE', 'CH')])] },
  { key: 'shop_stock_badge', description: 'Only three left', owner: 'shop', tags: ['experiment'], gates: [actors(0.5), variants(['number', 50], ['words', 50])] },
  { key: 'shop_dark_theme', description: 'Dark theme in the shop', owner: 'web', gates: [group('beta'), group('staff')] },
  { key: 'shop_image_avif', description: 'Smaller pictures', owner: 'web', gates: [rule([is('accepts', 'contains', 'image/avif')])] },
  { key: 'shop_price_history', description: 'Lowest price of 30 days', owner: 'finance', tags: ['legal'], permanent: true, gates: [on] },
  { key: 'mail_digest', description: 'One mail a week instead of five', owner: 'crm', gates: [actors(0.2)] },
  { key: 'mail_amp', description: 'Interactive mail', owner: 'crm', killed: true, gates: [actors(0.05)] },
  { key: 'mail_preferences_v2', description: 'New page for preferences', owner: 'crm', gates: [group('staff'), actors(0.01)] },
  { key: 'account_passkeys', description: 'Sign in with a passkey', owner: 'identity', tags: ['security', 'rollout'], gates: [group('staff'), group('beta'), actors(0.4), actor('user:88')] },
  { key: 'account_delete_self', description: 'Delete an account without support', owner: 'identity', tags: ['legal'], gates: [on] },
  { key: 'account_session_length', description: 'Hours until sign-in', owner: 'identity', permanent: true, gates: [on, variants(['long', 20, 72], ['short', 80, 8])] },
  { key: 'account_merge', description: 'Merge two accounts', owner: 'identity', gates: [segment('enterprise-trial', 0.5)] },
  { key: 'api_rate_limit_v2', description: 'Sliding window', owner: 'platform', gates: [actors(0.6), needs('ops_readonly_mode', false)] },
  { key: 'api_graphql', description: 'The GraphQL gateway', owner: 'platform', gates: [rule([is('email', 'ends_with', '@example.com')]), group('partners')] },
  { key: 'new_dashboard', description: '', owner: '', gates: [] },
]

/** Who brought which flags to production, and why; what others need comes first. */
const made: readonly (readonly [string, string, RegExp])[] = [
  ['user:11', 'for the migration', /^ops_(readonly|maintenance)/],
  ['user:88', 'freeze and index are apart now', /^search_(freeze|index_v2)$/],
  ['user:11', 'every charge goes through it', /^payments_v2$/],
  ['user:42', 'the new provider', /^checkout_new_payment$/],
  ['user:7', 'kept while apps update', /^checkout_legacy_cart$/],
  ['user:88', 'legal cleared the date', /^checkout_tax_v2$/],
  ['user:42', 'release 12', /^checkout_(upsell|express|wallet)$/],
  ['user:7', 'beta ring only', /^mobile_(offline|haptics)/],
  ['user:7', '5.2 is the floor', /^mobile_(min|push)/],
  ['user:11', 'enough for the p99', /^ops_(trace|verbose)/],
  ['user:11', 'halves the refusals', /^payments_(retry|fraud)/],
  ['user:88', 'experiment 14', /^search_(ranking_v3|suggest|typo_tolerance)$/],
  ['user:7', 'winter sale', /^shop_(banner|gift_cards|recommendations|stock_badge)$/],
  ['user:42', 'half the bytes', /^shop_(image_avif|dark_theme|reviews_photos)$/],
  ['user:88', 'the law from January on', /^(shop_price_history|account_delete_self)$/],
  ['user:42', 'fewer people unsubscribe', /^mail_/],
  ['user:88', 'fewer resets of passwords', /^account_(passkeys|session_length|merge)$/],
  ['user:11', 'partners asked for it', /^(api_|new_dashboard)/],
]

export type Caller = (method: string, path: string, body?: unknown) => Promise<any>

/** A caller of a server's API. */
export function caller(address: string, token: string): Caller {
  return async (method, path, body) => {
    const answer = await fetch(address + path, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return text ? JSON.parse(text) : undefined
  }
}

/** Fills the server at an address. */
export async function fill(address: string, token: string): Promise<void> {
  const api = caller(address, token)
  for (const [key, description] of [['development', 'Every laptop'], ['staging', 'What is released next'], ['production', 'Customers']]) await api('POST', '/v1/envs', { key, description })
  const people = await Promise.all(['user:42', 'user:11', 'user:7', 'user:88'].map(async (name) => [name, caller(address, (await api('POST', '/v1/tokens', { name, role: 'editor' })).token)] as const))
  const as = (name: string): Caller => people.find(([each]) => each === name)![1]
  for (const [name, reason, keys] of made) await as(name)('POST', `/v1/envs/production/import?reason=${encodeURIComponent(reason)}`, { flags: flags.filter((flag) => keys.test(flag.key)), segments })
  const staged = flags.map((flag) => (flag.killed ? { ...flag, killed: false } : flag.key.endsWith('new_payment') ? { ...flag, gates: [group('staff'), needs('payments_v2'), actors(0.5)] } : flag))
  await api('POST', '/v1/envs/staging/import?reason=release+13', { flags: staged, segments })
  await api('POST', '/v1/envs/development/import?reason=laptops', { flags: flags.map((flag) => ({ ...flag, killed: false, gates: flag.permanent || flag.off_variant ? flag.gates : [on] })), segments })
  const [anna, ops, shop] = ['user:42', 'user:11', 'user:7'].map(as) as [Caller, Caller, Caller]
  const flag = (key: string) => `/v1/envs/production/flags/${key}`
  await shop('POST', flag('checkout_express') + '/disable', { for_group: 'kiosk', reason: 'all shops after two clean weeks' })
  await anna('POST', flag('checkout_new_payment') + '/enable', { for_percentage_of: { actors: 0.01 }, reason: 'canary' })
  await anna('POST', flag('checkout_new_payment') + '/enable', { for_percentage_of: { actors: 0.1 }, reason: 'no errors in two days' })
  await ops('POST', flag('checkout_new_payment') + '/clear', { for_actor: 'user:19', reason: 'tried without' })
  await ops('POST', flag('checkout_new_payment') + '/disable', { for_actor: 'user:19', reason: 'support case 5521' })
  await ops('POST', flag('checkout_wallet') + '/revive', { reason: 'provider is back' })
  await ops('POST', flag('checkout_wallet') + '/kill', { reason: 'provider answers 502' })
  await anna('POST', flag('checkout_upsell') + '/enable', { for_percentage_of: { actors: 0.5 }, reason: 'follow the payment rollout' })
  await anna('POST', flag('checkout_new_payment') + '/enable', { for_percentage_of: { actors: 0.25 }, reason: 'second wave' })
  await report(api, 'production')
}

/** How often each flag is asked in a day; those that are missing are never asked. */
export const uses = Object.fromEntries(flags.slice(0, 36).filter(({ key }) => key !== 'checkout_legacy_cart').map(({ key }, i) => [key, 9000 + ((i * 7919) % 40000)]))

const hosts = [...Array.from({ length: 12 }, (_, i) => ({ id: `shop-eu-${i + 11}`, sdk: 'go', version: '0.2.0' })), { id: 'batch-03', sdk: 'python', version: '0.2.0' }, { id: 'web-1', sdk: 'js', version: '0.2.0' }, { id: 'web-2', sdk: 'js', version: '0.2.0' }]

/** Reports what hosts did in this minute, and that they serve the newest revision; those at the end of the list are late. */
export async function report(api: Caller, env: string, late = 0): Promise<void> {
  const { revision } = await api('GET', `/v1/envs/${env}`)
  const { flags: rows } = await api('GET', `/v1/envs/${env}/index`)
  const states: Record<string, string> = Object.fromEntries(rows.map((row: { key: string; state: string }) => [row.key, row.state]))
  const last = new Date().toISOString()
  for (const [i, host] of hosts.entries()) {
    const counts = Object.fromEntries(
      Object.entries(uses).map(([key, n]) => {
        const count = Math.round(n / 24 / hosts.length)
        return [key, { count, on: Math.round(count * ({ on: 1, partial: 0.28 }[states[key] ?? ''] ?? 0)), last }]
      }),
    )
    await api('POST', `/v1/envs/${env}/usage`, { flags: counts, host: { ...host, revision: i < hosts.length - late ? revision : revision - 1 } })
  }
}

if (process.argv[1]?.endsWith('sample.ts')) await fill(process.argv[2]!, process.argv[3]!)
