import { createHash } from 'node:crypto'
import { keyOf } from './actor.js'
import type { Context } from './context.js'
import { flagKey } from './decision.js'
import { silent } from './log.js'
import { Misuse } from './misuse.js'

/**
 * Returns an actor's place in [0, 1) for a flag, which percentages and variants go by, whether or not there is such a flag. It is
 * undefined for what is no actor with a key. The engine computes the same: a percentage grants the places up to its ratio.
 */
export function score(key: string, actor: Context['actor']): number | undefined {
  const id = idOf(actor)
  return typeof id === 'string' ? createHash('sha256').update(id, 'utf8').update(flagKey(key), 'utf8').digest().readUInt16BE(0) / 65536 : undefined
}

/** The actor's key; none if the program's own code throws. */
function idOf(actor: unknown): string | null | undefined {
  try {
    return keyOf(actor, new Misuse(silent))
  } catch {
    return undefined
  }
}
