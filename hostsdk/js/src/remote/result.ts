import type { Json } from '../context.js'
import { undecided, type Decision, type ErrorCode, type Reason } from '../decision.js'

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

/** Checks what came over the wire, or out of storage. */
export function readBulk(v: unknown): BulkResult {
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
  const { key, value, variant, metadata } = flag
  if (flag.errorCode !== undefined) {
    // A flag with variants that nobody is there for: it exists, and its value is the caller's default.
    if (flag.errorCode === 'TARGETING_KEY_MISSING') return { ...undecided(key, 'GENERAL', revision), reason: 'DEFAULT', errorCode: undefined }
    return undecided(key, flag.errorCode as ErrorCode, revision)
  }
  return {
    key,
    enabled: metadata?.enabled ?? value === true,
    variant,
    // A variant without a payload has its name for a value.
    payload: variant === undefined || value === variant ? undefined : value,
    value,
    reason: (flag.reason ?? 'DEFAULT') as Reason,
    gate: metadata?.gate,
    score: undefined,
    killed: metadata?.killed ?? false,
    revision,
    errorCode: undefined,
  }
}
