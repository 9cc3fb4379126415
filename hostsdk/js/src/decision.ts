import { maxListed, type Json } from './context.js'

/** Reasons by the engine's numbers; the last is a host's, before it has a snapshot. */
const reasons = ['UNKNOWN_FLAG', 'DEFAULT', 'STATIC', 'TARGETING_MATCH', 'SPLIT', 'KILLED', 'PREREQUISITE', 'NOT_READY'] as const

/** Why a decision is what it is. A newer engine's reason that has no name here is `reason 9`. */
export type Reason = (typeof reasons)[number]

/** Gates by the engine's numbers. */
const gates = [
  '',
  'boolean',
  'actor',
  'group',
  'rule',
  'segment',
  'schedule',
  'percentage_of_actors',
  'percentage_of_time',
  'prerequisite',
  'kill',
] as const

/** A kind of gate. A newer engine's gate that has no name here is `gate 11`. */
export type Gate = Exclude<(typeof gates)[number], ''>

/** Returns names[n]. A newer engine may know numbers that have no name here. */
export function named<T extends string>(names: readonly T[], kind: string, n: number): T {
  return names[n] ?? (`${kind} ${n}` as T)
}

/** Returns a gate's name; undefined for none. */
export function gateOf(n: number): Gate | undefined {
  return n === 0 ? undefined : (named(gates, 'gate', n) as Gate)
}

/** The answer about one flag for one context. */
export interface Decision {
  readonly key: string
  /** What the gates said. It is false while nothing is {@link known}. */
  readonly enabled: boolean
  readonly reason: Reason
  /** The kind of gate that decided, and its target: a group, segment, parent flag or actor. */
  readonly gate: Gate | undefined
  readonly target: string | undefined
  /** The gate with its target: `group/staff`, `boolean`. */
  readonly path: string | undefined
  /** The name of the variant served. */
  readonly variant: string | undefined
  /** The payload of the variant served. Objects are frozen. */
  readonly payload: Json | undefined
  /** The flag has a variant gate, whether or not a variant was served. */
  readonly hasVariants: boolean
  /**
   * The flag's one value, the same in every Gonfalon SDK and OpenFeature provider: the variant's payload, else its name, else
   * whether the flag is enabled. It is undefined where the caller's default counts.
   */
  readonly value: Json | undefined
  /** The actor's place in [0, 1) for this flag, which percentages and variants go by; undefined if it wasn't needed. */
  readonly score: number | undefined
  /** The flag is killed: off, whatever its gates say. */
  readonly killed: boolean
  /** The flag is off because its comparisons took too many steps over this context. */
  readonly exhausted: boolean
  /** A snapshot decided, and has the flag. */
  readonly known: boolean
  /** Of the snapshot that decided. */
  readonly revision: number | undefined
  /**
   * What kept the engine from deciding, such as a context that can't be read; the reason is then `NOT_READY`. Or why the payload
   * of the variant can't be read.
   */
  readonly error: Error | undefined
}

/** The key of a flag, whatever a program hands in as one. An object is none: its text may be of any size, or another flag's key. */
export function flagKey(key: unknown): string {
  if (typeof key === 'string') return key
  return typeof key === 'object' || typeof key === 'function' ? `a key of type ${typeof key}` : String(key)
}

/**
 * The keys of flags, whatever a program hands in as a list; undefined for all flags. What can't be one has no keys, and is told.
 *
 * @param told is called with the error if there are no keys because of one.
 */
export function flagKeys(keys: unknown, told: (error: unknown) => void): readonly string[] | undefined {
  if (keys === undefined || keys === null) return undefined
  const none = (): readonly string[] => {
    told(new Error(`the keys of a question can't be read, or are more than ${maxListed}`)) // what was thrown may throw again
    return []
  }
  try {
    if (Array.isArray(keys) && keys.length > maxListed) return none()
    const list: string[] = []
    for (const key of keys as Iterable<unknown>) {
      if (list.length === maxListed) return none()
      list.push(flagKey(key))
    }
    return list
  } catch {
    return none()
  }
}

/** The bits of a packed decision, see `wasm/ABI.md`. */
export const bitEnabled = 1
export const bitVariant = 1 << 26
export const bitTarget = 1 << 27
export const bitVariantGate = 1 << 28
/** Whatever the request says, the flag is decided so. */
export const bitFixed = 1 << 29
/** The flag's comparisons took too many steps. */
const bitExhausted = 1 << 30

/** Reasons of the engine, by number. */
export const reasonOf = (packed: number): number => (packed >>> 1) & 15
export const reasonUnknownFlag = 0
export const reasonKilled = 5

/** Returns the decision where no gate was asked: there is no snapshot, no such flag, or no way to ask. */
export function undecided(key: string, reason: 'UNKNOWN_FLAG' | 'NOT_READY', revision?: number, error?: Error): Decision {
  return {
    key,
    enabled: false,
    reason,
    gate: undefined,
    target: undefined,
    path: undefined,
    variant: undefined,
    payload: undefined,
    hasVariants: false,
    value: undefined,
    score: undefined,
    killed: false,
    exhausted: false,
    known: false,
    revision,
    error,
  }
}

/** Lays out a packed decision, with the strings that it came with. */
export function decision(
  key: string,
  packed: number,
  served: { readonly name: string; readonly payload: Json | undefined; readonly error: Error | undefined } | undefined,
  target: string | undefined,
  revision: number,
): Decision {
  const reason = reasonOf(packed)
  if (reason === reasonUnknownFlag) return undecided(key, 'UNKNOWN_FLAG', revision)
  const enabled = (packed & bitEnabled) !== 0
  const hasVariants = (packed & bitVariantGate) !== 0
  const gate = gateOf((packed >>> 5) & 15)
  const score = (packed >>> 9) & 0x1ffff
  const { name: variant, payload, error } = served ?? {}
  return {
    key,
    enabled,
    reason: named(reasons, 'reason', reason),
    gate,
    target,
    path: target ? `${gate}/${target}` : gate,
    variant,
    payload,
    hasVariants,
    value: variant === undefined ? (hasVariants ? undefined : enabled) : error !== undefined ? undefined : payload === undefined ? variant : payload,
    score: score === 0 ? undefined : (score - 1) / 65536,
    killed: reason === reasonKilled,
    exhausted: (packed & bitExhausted) !== 0,
    known: true,
    revision,
    error,
  }
}
