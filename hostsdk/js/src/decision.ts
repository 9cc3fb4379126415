import type { Json } from './context.js'

/** Why a decision is what it is, in OpenFeature's words. */
export type Reason = 'STATIC' | 'TARGETING_MATCH' | 'SPLIT' | 'DEFAULT' | 'DISABLED' | 'ERROR'

/** Why there is no value of the flag's own. */
export type ErrorCode = 'PROVIDER_NOT_READY' | 'FLAG_NOT_FOUND' | 'TYPE_MISMATCH' | 'INVALID_CONTEXT' | 'GENERAL'

/** The answer for one flag and one context. */
export interface Decision {
  readonly key: string
  /** What the gates said. False as well while nothing is known: see {@link errorCode}. */
  readonly enabled: boolean
  /** The name of the variant served. */
  readonly variant: string | undefined
  /** The payload of the variant served. Objects are frozen. */
  readonly payload: Json | undefined
  /**
   * The flag's one value, as every Gonfalon SDK and every OpenFeature provider gives it: the variant's payload, else its name,
   * else whether the flag is enabled. Undefined where the caller's default counts.
   */
  readonly value: Json | undefined
  readonly reason: Reason
  /** The gate that decided, with its target where it has one: `boolean`, `group/staff`, `percentage_of_actors` … */
  readonly gate: string | undefined
  /** The actor's place in [0, 1) for this flag, if it was needed. */
  readonly score: number | undefined
  /** The flag is killed: off, whatever its gates say. */
  readonly killed: boolean
  /** Of the snapshot that decided. */
  readonly revision: number | undefined
  readonly errorCode: ErrorCode | undefined
}

/** The bits of a packed decision, see `wasm/ABI.md`. */
export const bitEnabled = 1
export const bitVariant = 1 << 26
export const bitTarget = 1 << 27
export const bitVariantGate = 1 << 28
/** Whatever the request says, the flag is decided so. */
export const bitFixed = 1 << 29

/** Reasons of the engine, by number. */
export const reasonOf = (packed: number): number => (packed >>> 1) & 15
export const reasonUnknownFlag = 0
export const reasonKilled = 5

const reasons: readonly Reason[] = ['ERROR', 'DEFAULT', 'STATIC', 'TARGETING_MATCH', 'SPLIT', 'STATIC', 'DEFAULT']

/** Gates of the engine, by number. */
export const gates = [
  undefined,
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

/** A kind of gate. */
export type GateKind = NonNullable<(typeof gates)[number]>

/** A decision of nobody: there is no snapshot, no such flag, or no way to ask. */
export function undecided(key: string, errorCode: ErrorCode, revision?: number): Decision {
  return {
    key,
    enabled: false,
    variant: undefined,
    payload: undefined,
    value: undefined,
    reason: 'ERROR',
    gate: undefined,
    score: undefined,
    killed: false,
    revision,
    errorCode,
  }
}

/** Lays out a packed decision, with the strings that it came with. Which row of the contract's table it is, reads off here. */
export function decision(
  key: string,
  packed: number,
  variant: string | undefined,
  payload: Json | undefined,
  target: string | undefined,
  revision: number,
): Decision {
  const reason = reasonOf(packed)
  if (reason === reasonUnknownFlag) return undecided(key, 'FLAG_NOT_FOUND', revision)
  const enabled = (packed & bitEnabled) !== 0
  const killed = reason === reasonKilled
  const gate = gates[(packed >>> 5) & 15]
  const score = (packed >>> 9) & 0x1ffff
  let value: Json | undefined = enabled
  let why = reasons[reason] ?? 'DEFAULT'
  if (variant !== undefined) {
    value = payload === undefined ? variant : payload
    why = killed ? 'STATIC' : 'SPLIT'
  } else if ((packed & bitVariantGate) !== 0) {
    value = undefined
    why = killed ? 'DISABLED' : 'DEFAULT'
  }
  return {
    key,
    enabled,
    variant,
    payload,
    value,
    reason: why,
    gate: target === undefined || gate === undefined ? gate : `${gate}/${target}`,
    score: score === 0 ? undefined : (score - 1) / 65536,
    killed,
    revision,
    errorCode: undefined,
  }
}
