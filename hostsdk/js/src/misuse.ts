import type { Logger } from './log.js'
import { short } from './quoted.js'

/** How many things are remembered to be said once, and others only count. */
const maxTold = 1_000

/** What callers hand in that can't be used. It is counted, and logged once of each kind: nothing else would tell. */
export class Misuse {
  /** Decisions whose context has something in it that is no actor, no group or no context, or that can't be read at all. */
  unreadable = 0
  /** Whether the context that is being read has such a value. */
  seen = false
  /** Decisions about flags that don't exist. */
  unknown = 0
  private readonly told = new Set<string>()
  /** Apart from the rest, because an attacker may choose the keys. */
  private readonly toldOfFlags = new Set<string>()

  constructor(private readonly log: Logger) {}

  /** Notes a value that can't be used. Whoever reads the context counts the decisions by {@link seen}. */
  value(as: keyof typeof usable, value: unknown): void {
    this.seen = true
    this.once(`gonfalon: what is handed in as ${as} is ${kindOf(value)}, and is ignored; give ${usable[as]}`)
  }

  /** Counts a decision about a flag that doesn't exist. */
  flag(key: string): void {
    this.unknown++
    this.once(`gonfalon: there is no flag ${short(key)}`, undefined, this.toldOfFlags)
  }

  /** Warns, unless it has done so before or too often. */
  once(message: string, detail?: unknown, told = this.told): void {
    if (told.size >= maxTold || told.has(message)) return
    told.add(message)
    this.log.warn(message, detail)
  }
}

/** What a caller can hand in. */
const usable = {
  actor: 'a text, a whole number within ±2^53, a bigint, or an object with such an actorId',
  group: 'texts',
  attribute: 'lists and maps of at most 100,000 values',
  context: 'an object with actor, groups and attributes',
}

/** A few words for a value, never the value itself, which may be personal. */
function kindOf(value: unknown): string {
  if (typeof value !== 'number') return value === null ? 'null' : Array.isArray(value) ? 'a list' : `of type ${typeof value}`
  return Number.isInteger(value) ? 'a number beyond ±2^53' : 'no whole number'
}
