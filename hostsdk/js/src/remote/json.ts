import { keyOf } from '../actor.js'
import { maxNesting, type Context } from '../context.js'
import { listed } from '../engine/groups.js'
import { isMap, sortedEntries } from '../engine/writer.js'
import type { Misuse } from '../misuse.js'

/**
 * A context as OFREP has it, with members in one order, so that equal contexts have equal texts. OpenFeature's contexts have the
 * actor and the groups among the attributes, where they stay as they are: a server reads them as an SDK does.
 */
export function contextJson(context: Context | undefined, misuse: Misuse): string {
  const { actor, groups, attributes } = context ?? {}
  const members = new Map(sortedEntries(attributes ?? {}))
  const key = keyOf(actor, misuse)
  if (typeof key === 'string' && members.get('targetingKey') !== actor) members.set('targetingKey', key)
  if (typeof groups !== 'function' && groups !== undefined && groups !== null && members.get('groups') !== groups) members.set('groups', listed(groups, misuse))
  return object(members, 0)
}

/** JSON of an attribute: bigints keep all their digits, and what is no attribute is null. */
function json(v: unknown, depth: number): string {
  switch (typeof v) {
    case 'bigint':
      return v.toString()
    case 'string':
      return JSON.stringify(v.toWellFormed())
    case 'number':
    case 'boolean':
      return JSON.stringify(v)
    case 'object':
      break
    default:
      return 'null'
  }
  if (v === null) return 'null'
  if (v instanceof Date) return Number.isNaN(v.getTime()) ? 'null' : JSON.stringify(v.toISOString().replace(/\.?0*Z$/, 'Z'))
  if (depth >= maxNesting) return 'null'
  if (Array.isArray(v)) return `[${v.map((item) => json(item, depth + 1)).join(',')}]`
  if (!isMap(v)) return 'null'
  return object(new Map(sortedEntries(v)), depth + 1)
}

function object(members: ReadonlyMap<string, unknown>, depth: number): string {
  const names = [...members.keys()].filter((name) => members.get(name) !== undefined).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${json(members.get(name), depth)}`).join(',')}}`
}
