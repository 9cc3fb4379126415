import { FliptClient } from '@flipt-io/flipt-client-js'
import { actors, attributes, keys, plans, user, users, weights } from '../workload.mjs'

export const name = 'Flipt 0.5.1'
export const engine = 'wasm'
export const flags = 1000

const constraint = (type, property, operator, value) => ({ type: `${type}_CONSTRAINT_COMPARISON_TYPE`, property, operator, value })
const segment = (key, ...constraints) => ({ key, matchType: 'ALL_SEGMENT_MATCH_TYPE', constraints })

export async function load() {
  const listedUsers = segment('listed', constraint('ENTITY_ID', 'entity', 'isoneof', JSON.stringify(users)))
  const payers = segment(
    'payers',
    constraint('STRING', 'country', 'eq', 'DE'),
    constraint('NUMBER', 'age', 'gte', '18'),
    constraint('STRING', 'plan', 'isoneof', JSON.stringify(plans)),
  )
  const boolean = (enabled, rollouts) => ({ enabled, type: 'BOOLEAN_FLAG_TYPE', rules: [], rollouts })
  const variant = (segments, shares) => ({
    enabled: true,
    type: 'VARIANT_FLAG_TYPE',
    rollouts: [],
    rules: [
      {
        id: 'rule',
        rank: 1,
        segmentOperator: 'OR_SEGMENT_OPERATOR',
        segments,
        distributions: Object.entries(shares).map(([variantKey, rollout]) => ({ ruleId: 'rule', rollout, variantKey, variantAttachment: '' })),
      },
    ],
  })
  const rules = [
    () => boolean(true, []),
    () => boolean(false, [{ type: 'SEGMENT_ROLLOUT_TYPE', rank: 1, segment: { value: true, segmentOperator: 'OR_SEGMENT_OPERATOR', segments: [listedUsers] } }]),
    () => boolean(false, [{ type: 'THRESHOLD_ROLLOUT_TYPE', rank: 1, threshold: { percentage: 25, value: true } }]),
    // A boolean flag can't have a segment and a percentage at once.
    () => variant([payers], { on: 50, off: 50 }),
    () => variant([segment('all')], weights),
  ]
  const state = {
    namespace: { key: 'default' },
    flags: keys(flags).flatMap((list, kind) => list.map((key) => ({ key, name: key, description: '', ...rules[kind]() }))),
  }
  const fetcher = async () => ({ ok: true, status: 200, statusText: 'OK', headers: { get: () => null }, json: async () => state })
  const client = await FliptClient.init({ fetcher, updateInterval: 0 })
  const context = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, String(value)]))
  const request = (flagKey, entityId) => ({ flagKey, entityId, context })
  return {
    name,
    flags,
    ask: (kind, key, actor) => {
      const asked = request(key, actor)
      if (kind === 4) return client.evaluateVariant(asked).variantKey
      return kind === 3 ? client.evaluateVariant(asked).variantKey === 'on' : client.evaluateBoolean(asked).enabled
    },
    boolean: (key, i) => (key.startsWith('w4') ? client.evaluateVariant(request(key, actors[i])).variantKey === 'on' : client.evaluateBoolean(request(key, actors[i])).enabled),
    variant: (key, i) => client.evaluateVariant(request(key, actors[i])).variantKey,
    batch: (list, i) => client.evaluateBatch(list.map((key) => request(key, actors[i]))).responses,
    close: () => client.close(),
  }
}

export const moduleFile = () => new URL('../node_modules/@flipt-io/flipt-client-js/dist/flipt_engine_wasm_js_bg.wasm', import.meta.url)
