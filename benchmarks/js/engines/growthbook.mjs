import { GrowthBookClient } from '@growthbook/growthbook'
import { actors, attributes, keys, plans, user, users, weights } from '../workload.mjs'

export const name = 'GrowthBook 1.8.0'
export const engine = 'JavaScript'
export const flags = 1000

export async function load() {
  const variants = Object.keys(weights)
  const rules = [
    () => ({ defaultValue: true }),
    () => ({ defaultValue: false, rules: [{ condition: { id: { $in: users } }, force: true }] }),
    () => ({ defaultValue: false, rules: [{ force: true, coverage: 0.25, hashAttribute: 'id' }] }),
    () => ({
      defaultValue: false,
      rules: [{ condition: { country: 'DE', age: { $gte: 18 }, plan: { $in: plans } }, force: true, coverage: 0.5, hashAttribute: 'id' }],
    }),
    () => ({
      defaultValue: 'white',
      rules: [{ variations: variants, weights: variants.map((variant) => weights[variant] / 100), coverage: 1, hashAttribute: 'id', hashVersion: 2 }],
    }),
  ]
  const features = Object.fromEntries(keys(flags).flatMap((list, kind) => list.map((key) => [key, rules[kind]()])))
  const client = new GrowthBookClient({ trackingCallback: undefined }).initSync({ payload: { features } })
  const contexts = new Map(Array.from({ length: 256 }, (_, i) => user(i)).map((actor) => [actor, { attributes: { id: actor, ...attributes } }]))
  const rotating = actors.map((actor) => contexts.get(actor))
  return {
    name,
    flags,
    ask: (kind, key, actor) => (kind === 4 ? client.getFeatureValue(key, '', contexts.get(actor)) : client.isOn(key, contexts.get(actor))),
    boolean: (key, i) => client.isOn(key, rotating[i]),
    variant: (key, i) => client.getFeatureValue(key, '', rotating[i]),
    close: () => client.destroy(),
  }
}
