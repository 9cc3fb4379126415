import type { Logger } from './log.js'
import { quoted } from './quoted.js'

/** Keys of unknown flags that are remembered, so that each is logged once; others only count. */
const maxKeys = 1000

/** What callers hand in that can't be used. It is counted, and logged once of each kind: nothing else would tell. */
export class Misuse {
  /** Values that are no actor, no group or no context. */
  unreadable = 0
  /** Decisions about flags that don't exist. */
  unknown = 0
  private readonly kinds = new Set<string>()
  private readonly keys = new Set<string>()

  constructor(private readonly log: Logger) {}

  /** Counts a value that can't be used. */
  value(as: 'actor' | 'group' | 'context', value: unknown): void {
    this.unreadable++
    const kind = `${as} ${kindOf(value)}`
    if (this.kinds.has(kind)) return
    this.kinds.add(kind)
    this.log.warn(`gonfalon: what is handed in as ${as} is ${kindOf(value)}, and is ignored; give ${usable[as]}`)
  }

  /** Counts a decision about a flag that doesn't exist. */
  flag(key: string): void {
    this.unknown++
    if (this.keys.size >= maxKeys || this.keys.has(key)) return
    this.keys.add(key)
    this.log.warn(`gonfalon: there is no flag ${quoted(key)}`)
  }
}

/** What a caller can hand in. */
const usable = {
  actor: 'a text, a whole number within ±2^53, a bigint, or an object with such an actorId',
  group: 'texts',
  context: 'an object with actor, groups and attributes',
}

/** A few words for a value, never the value itself, which may be personal. */
function kindOf(value: unknown): string {
  if (typeof value !== 'number') return value === null ? 'null' : Array.isArray(value) ? 'a list' : `of type ${typeof value}`
  return Number.isInteger(value) ? 'a number beyond ±2^53' : 'no whole number'
}
