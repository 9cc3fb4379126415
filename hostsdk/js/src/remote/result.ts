import type { Json } from '../context.js'
import { ContextError } from '../engine/context_error.js'
import { quoted } from '../quoted.js'
import { undecided, type Decision, type Gate, type Reason } from '../decision.js'

/** Where a server tells that results may have changed. */
export interface EventStream {
  readonly type: string
  readonly url?: string
  readonly endpoint?: { readonly requestUri: string; readonly origin?: string }
  /** Seconds that a page may be hidden before it lets the stream go. */
  readonly inactivityDelaySec?: number
}

/** What a bulk evaluation answers, as far as it is used here. */
export interface BulkResult {
  readonly flags: readonly FlagResult[]
  readonly eventStreams?: readonly EventStream[]
  /** `version` is the revision of the environment. */
  readonly metadata?: { readonly version?: string }
}

interface FlagResult {
  readonly key: string
  readonly value?: Json
  readonly variant?: string
  readonly reason?: string
  readonly errorCode?: string
  readonly metadata?: {
    readonly enabled?: boolean
    readonly gate?: string
    readonly killed?: boolean
  }
}

/** Reads what came over the wire. The error doesn't repeat the text, as JSON.parse's does. */
export function readBulk(text: string): BulkResult {
  let v: unknown
  try {
    v = JSON.parse(text)
  } catch {
    throw new Error('the answer is not JSON')
  }
  return bulkOf(v)
}

/** Checks what was read, from wherever. */
export function bulkOf(v: unknown): BulkResult {
  const result = v as BulkResult
  if (typeof v !== 'object' || v === null || !Array.isArray(result.flags) || !result.flags.every((flag) => typeof flag?.key === 'string')) {
    throw new Error('the answer is not a bulk evaluation')
  }
  return result
}

/** The decisions of a bulk evaluation, as a client that decides here would have made them. */
export function decisionsOf(result: BulkResult): Map<string, Decision> {
  const revision = revisionOf(result)
  return new Map(result.flags.map((flag) => [flag.key, decisionOf(flag, revision)]))
}

/** The revision that a result is of; undefined if the server doesn't say, or isn't one of ours. */
export function revisionOf({ metadata }: BulkResult): number | undefined {
  const revision = Number(metadata?.version ?? NaN)
  return Number.isSafeInteger(revision) ? revision : undefined
}

function decisionOf(flag: FlagResult, revision: number | undefined): Decision {
  const { key, value, metadata } = flag
  switch (flag.errorCode) {
    case undefined:
      break
    case 'FLAG_NOT_FOUND':
      return undecided(key, 'UNKNOWN_FLAG', revision)
    case 'TARGETING_KEY_MISSING':
      // A flag with variants, and no actor to serve one to: its value is the caller's default.
      return { ...undecided(key, 'NOT_READY', revision), reason: 'DEFAULT', hasVariants: true, known: true }
    case 'INVALID_CONTEXT':
      return undecided(key, 'NOT_READY', revision, new ContextError(`the control plane can't read the context for flag ${quoted(key)}`))
    default:
      return undecided(key, 'NOT_READY', revision, new Error(`the control plane answered ${/^[A-Z_]+$/.exec(String(flag.errorCode))?.[0] ?? 'an error'} for flag ${quoted(key)}`))
  }
  const killed = metadata?.killed ?? false
  const path = metadata?.gate
  const variant = servedBy(flag)
  const [, gate, target] = /^([^/]*)(?:\/(.*))?$/s.exec(path ?? '') ?? []
  return {
    key,
    enabled: metadata?.enabled ?? value === true,
    reason: killed ? 'KILLED' : (reasonOf.get(gate) ?? 'DEFAULT'),
    gate: path === undefined ? undefined : (gate as Gate),
    target,
    path,
    variant,
    // A variant without a payload has its name for a value.
    payload: variant === undefined || value === variant ? undefined : value,
    hasVariants: variant !== undefined || value === undefined,
    value,
    score: undefined,
    killed,
    exhausted: false,
    known: true,
    revision,
    error: undefined,
  }
}

/**
 * The variant that was served. Over the protocol a flag without variants has one as well, `on` or `off`; one that is served by
 * that name is told by its reason, which is not that of the gate.
 */
function servedBy({ value, variant, reason, metadata }: FlagResult): string | undefined {
  if (variant === undefined || variant === '') return undefined
  if (variant !== (value === true ? 'on' : value === false ? 'off' : undefined)) return variant
  return reason === 'SPLIT' && reasonOf.get(metadata?.gate?.split('/')[0]) !== 'SPLIT' ? variant : undefined
}

/** The engine's reasons by the gate that decided. The server's own are OpenFeature's. */
const reasonOf: ReadonlyMap<string | undefined, Reason> = new Map<string, Reason>([
  ['boolean', 'STATIC'],
  ['actor', 'TARGETING_MATCH'],
  ['group', 'TARGETING_MATCH'],
  ['rule', 'TARGETING_MATCH'],
  ['segment', 'TARGETING_MATCH'],
  ['schedule', 'TARGETING_MATCH'],
  ['percentage_of_actors', 'SPLIT'],
  ['percentage_of_time', 'SPLIT'],
  ['prerequisite', 'PREREQUISITE'],
])
