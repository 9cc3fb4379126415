import type { Misuse } from './misuse.js'

/**
 * Returns the key of what a program hands in as an actor; null for an actor without a key, of whom only the groups count;
 * undefined for nobody. What can't be an actor is nobody, because a guess would decide who gets a feature.
 */
export function keyOf(actor: unknown, misuse: Misuse): string | null | undefined {
  if (actor === undefined || actor === null) return undefined
  if (typeof actor !== 'object') {
    const key = textOf(actor)
    if (key === undefined) misuse.value('actor', actor)
    return key
  }
  const id = idOf(actor)
  if (id === null) return null
  const key = textOf(id)
  if (key !== undefined) return key
  const grouped = typeof (actor as { inGroup?: unknown }).inGroup === 'function'
  if (id !== undefined || !grouped) misuse.value('actor', id ?? actor)
  return grouped ? null : undefined
}

/** A text, or a whole number's digits: a number beyond ±2^53 may have been rounded, and be another's. */
function textOf(id: unknown): string | undefined {
  if (typeof id === 'string') return id
  if (typeof id === 'bigint' || (Number.isInteger(id) && Math.abs(id as number) <= 2 ** 53)) return String(id)
  return undefined
}

function idOf(actor: object): unknown {
  try {
    return (actor as { actorId?: unknown }).actorId
  } catch {
    return undefined
  }
}
