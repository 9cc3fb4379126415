import { keyOf } from '../actor.js'
import { maxListed, maxNesting, type Context } from '../context.js'
import { listed } from '../engine/groups.js'
import { isMap, sortedEntries } from '../engine/writer.js'
import type { Misuse } from '../misuse.js'

/**
 * A context as OFREP has it, with members in one order, so that equal contexts have equal texts. The protocol has the actor and the
 * groups among the attributes. So have OpenFeature's contexts, which stay as they are: a server reads them as an SDK does. Other
 * attributes of these names have no place, because they would be the actor and the groups.
 */
export function contextJson(context: Context | undefined, misuse: Misuse): string {
  const { actor, groups, attributes } = context ?? {}
  const members = new Map(sortedEntries(attributes ?? {}))
  const key = keyOf(actor, misuse)
  if (typeof actor === 'object' || members.get('targetingKey') !== actor) members.set('targetingKey', key ?? undefined)
  if (members.get('groups') !== groups) members.set('groups', groupsOf(groups, misuse))
  return object(members, 0)
}

function groupsOf(groups: Context['groups'], misuse: Misuse): readonly string[] | undefined {
  return typeof groups === 'function' || groups === undefined || groups === null ? undefined : listed(groups, misuse)
}

/** JSON of an attribute: bigints keep all their digits, and what is no attribute is null. */
function json(v: unknown, depth: number, left: Left): string {
  switch (typeof v) {
    case 'bigint':
      return v.toString()
    case 'string':
      return JSON.stringify(v.toWellFormed())
    case 'number':
      // Digits alone would be an integer, which is exact beyond ±2^53, as this number may not be.
      return Math.abs(v) > 2 ** 53 && Math.abs(v) < 1e21 ? `${v}.0` : JSON.stringify(v)
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
  if (Array.isArray(v)) {
    left.spend(v.length)
    return `[${Array.from(v, (item) => json(item, depth + 1, left)).join(',')}]`
  }
  if (!isMap(v)) return 'null'
  left.spend(v instanceof Map ? v.size : Object.keys(v).length)
  return object(new Map(sortedEntries(v)), depth + 1, left)
}

/** What an attribute may still have of values: a list may have no end. */
class Left {
  private values = maxListed

  spend(values: number): void {
    this.values -= values
    if (!(this.values >= 0)) throw tooLarge
  }
}

const tooLarge = new Error(`an attribute has more than ${maxListed} values`)

/** JSON of a member; null for one that has more values than are read. */
function member(v: unknown): string {
  try {
    return json(v, 0, new Left())
  } catch (error) {
    if (error === tooLarge) return 'null'
    throw error
  }
}

function object(members: ReadonlyMap<string, unknown>, depth: number, left?: Left): string {
  const names = [...members.keys()].filter((name) => members.get(name) !== undefined).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${left === undefined ? member(members.get(name)) : json(members.get(name), depth, left)}`).join(',')}}`
}
