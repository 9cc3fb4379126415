import type { Json } from './context.js'
import type { Decision } from './decision.js'
import { ContextError } from './engine/context_error.js'

/** Why a value is what it is, in OpenFeature's words. */
export type ResolutionReason = 'STATIC' | 'TARGETING_MATCH' | 'SPLIT' | 'DEFAULT' | 'DISABLED' | 'ERROR'

/** Why there is no value of the flag's own, in OpenFeature's words. */
export type ResolutionError = 'PROVIDER_NOT_READY' | 'FLAG_NOT_FOUND' | 'INVALID_CONTEXT' | 'GENERAL'

/** A decision as OpenFeature and OFREP put it: one value of one type. */
export interface Resolution {
  /** Undefined stands for the caller's default. */
  readonly value: Json | undefined
  readonly variant: string | undefined
  readonly reason: ResolutionReason
  readonly error: ResolutionError | undefined
}

/** Maps a decision to a value. The table "Values" of the SDK contract says the same. */
export function resolve(decision: Decision): Resolution {
  const { value, variant, killed, known, error } = decision
  if (!known || error !== undefined) return { value: undefined, variant: undefined, reason: 'ERROR', error: errorOf(decision) }
  return { value, variant: variant ?? onOrOff(value), reason: killed ? (value === undefined ? 'DISABLED' : 'STATIC') : reasonOf(decision), error: undefined }
}

/** The variant of a flag without variants: some clients of OpenFeature can't do without one. */
function onOrOff(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : value === true ? 'on' : 'off'
}

function errorOf({ reason, error }: Decision): ResolutionError {
  if (reason === 'UNKNOWN_FLAG') return 'FLAG_NOT_FOUND'
  if (error === undefined) return 'PROVIDER_NOT_READY'
  return error instanceof ContextError ? 'INVALID_CONTEXT' : 'GENERAL'
}

function reasonOf({ reason, value, variant }: Decision): ResolutionReason {
  if (variant !== undefined) return 'SPLIT'
  if (value === undefined) return 'DEFAULT'
  return reason === 'STATIC' || reason === 'TARGETING_MATCH' || reason === 'SPLIT' ? reason : 'DEFAULT'
}
