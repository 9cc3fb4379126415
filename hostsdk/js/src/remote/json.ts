import { maxGroups, maxNesting, type Context } from '../context.js'

/** A context as OFREP has it, with members in one order, so that equal contexts have equal texts. */
export function contextJson(context: Context | undefined): string {
  const { actor, groups, attributes } = context ?? {}
  const members = new Map<string, unknown>(Object.entries(attributes ?? {}))
  if (groups !== undefined && groups !== null && typeof groups !== 'function') members.set('groups', [...groups].slice(0, maxGroups))
  const key = typeof actor === 'object' ? actor?.actorId : actor
  if (key !== undefined && key !== null) members.set('targetingKey', String(key))
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
  if (Symbol.iterator in v && !(v instanceof Map)) return 'null'
  return object(new Map(v instanceof Map ? v : Object.entries(v)), depth + 1)
}

function object(members: Map<string, unknown>, depth: number): string {
  const names = [...members.keys()].filter((name) => members.get(name) !== undefined).sort()
  return `{${names.map((name) => `${JSON.stringify(name.toWellFormed())}:${json(members.get(name), depth)}`).join(',')}}`
}
