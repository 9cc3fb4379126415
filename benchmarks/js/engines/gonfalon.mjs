import { readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { Gonfalon } from '@gonfalon/sdk'
import { actors, attributes, listed, user, weights } from '../workload.mjs'

export const name = 'Gonfalon'
export const engine = 'wasm'
export const flags = 1000

/** @param snapshot the path of the compiled flags. */
export async function load(snapshot) {
  const client = await Gonfalon.connect({ bootstrap: snapshot, environment: 'bench', usage: false })
  const contexts = new Map(Array.from({ length: 256 }, (_, i) => user(i)).map((actor) => [actor, { actor, attributes }]))
  const rotating = actors.map((actor) => contexts.get(actor))
  const prepared = rotating.map((context) => client.context(context))
  return {
    name,
    flags,
    ask: (kind, key, actor) => (kind === 4 ? client.variant(key, contexts.get(actor)) : client.enabled(key, contexts.get(actor))),
    boolean: (key, i) => client.enabled(key, rotating[i]),
    variant: (key, i) => client.variant(key, rotating[i]),
    preparedBoolean: (key, i) => client.enabled(key, prepared[i]),
    preparedVariant: (key, i) => client.variant(key, prepared[i]),
    batch: (keys, i) => client.decideAll(rotating[i], keys),
    close: () => client.close(),
  }
}

/** The right answer by the definitions, and not by the engine. */
export function exact(kind, key, actor) {
  const score = createHash('sha256').update(actor + key).digest().readUInt16BE() / 65536
  if (kind === 1) return Number(actor.slice(5)) < listed
  if (kind === 2) return score <= 0.25
  if (kind === 3) return score <= 0.5
  let sum = 0
  for (const [variant, weight] of Object.entries(weights)) if (score * 100 < (sum += weight)) return variant
  return undefined
}

export const moduleFile = () => new URL('../../../hostsdk/js/dist/engine.wasm', import.meta.url)

/** What `gonfalon compile` makes the snapshot of. */
export function document(n) {
  const actorGates = Array.from({ length: listed }, (_, i) => ({ type: 'actor', target: user(i), enabled: true }))
  const gates = [
    [{ type: 'boolean', enabled: true }],
    actorGates,
    [{ type: 'percentage_of_actors', ratio: 0.25 }],
    [
      {
        type: 'rule',
        enabled: true,
        ratio: 0.5,
        constraints: [
          { attribute: 'country', operator: 'eq', values: ['DE'] },
          { attribute: 'age', operator: 'gte', values: [18] },
          { attribute: 'plan', operator: 'in', values: ['pro', 'team', 'enterprise'] },
        ],
      },
    ],
    [{ type: 'variant', variants: Object.entries(weights).map(([name, weight]) => ({ name, weight })) }],
  ]
  return { flags: gates.flatMap((list, kind) => Array.from({ length: n / 5 }, (_, i) => ({ key: `w${kind + 1}_flag_${String(i).padStart(5, '0')}`, gates: list }))) }
}
