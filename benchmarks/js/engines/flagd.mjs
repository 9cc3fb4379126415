import { FlagdCore } from '@openfeature/flagd-core'
import { actors, attributes, keys, plans, user, users, weights } from '../workload.mjs'

export const name = 'flagd-core 4.0.1'
export const engine = 'JavaScript'
export const flags = 1000

export async function load() {
  const onOff = { on: true, off: false }
  const percent = (share) => ({ fractional: [['on', share], ['off', 100 - share]] })
  const rules = [
    () => ({ variants: onOff, defaultVariant: 'on' }),
    () => ({ variants: onOff, defaultVariant: 'off', targeting: { if: [{ in: [{ var: 'targetingKey' }, users] }, 'on', 'off'] } }),
    () => ({ variants: onOff, defaultVariant: 'off', targeting: percent(25) }),
    () => ({
      variants: onOff,
      defaultVariant: 'off',
      targeting: {
        if: [{ and: [{ '==': [{ var: 'country' }, 'DE'] }, { '>=': [{ var: 'age' }, 18] }, { in: [{ var: 'plan' }, plans] }] }, percent(50), 'off'],
      },
    }),
    () => ({
      variants: Object.fromEntries(Object.keys(weights).map((variant) => [variant, variant])),
      defaultVariant: 'white',
      targeting: { fractional: Object.entries(weights) },
    }),
  ]
  const config = Object.fromEntries(keys(flags).flatMap((list, kind) => list.map((key) => [key, { state: 'ENABLED', ...rules[kind]() }])))
  const quiet = { error() {}, warn() {}, info() {}, debug() {} }
  const core = new FlagdCore(undefined, quiet)
  core.setConfigurations(JSON.stringify({ flags: config }))
  const contexts = new Map(Array.from({ length: 256 }, (_, i) => user(i)).map((actor) => [actor, { targetingKey: actor, ...attributes }]))
  const rotating = actors.map((actor) => contexts.get(actor))
  return {
    name,
    flags,
    ask: (kind, key, actor) =>
      kind === 4 ? core.resolveStringEvaluation(key, '', contexts.get(actor), quiet).value : core.resolveBooleanEvaluation(key, false, contexts.get(actor), quiet).value,
    boolean: (key, i) => core.resolveBooleanEvaluation(key, false, rotating[i], quiet).value,
    variant: (key, i) => core.resolveStringEvaluation(key, '', rotating[i], quiet).value,
  }
}
