import { ErrorCode, type EvaluationContext, type FlagMetadata, type JsonValue, type ResolutionDetails } from '@openfeature/core'
import type { Attribute, Context, Json } from '../context.js'
import type { Decision } from '../decision.js'
import type { Flags } from '../flags.js'
import { name } from '../quoted.js'
import { resolve as valueOf } from '../resolution.js'

/** What OpenFeature calls this provider. */
export const metadata = { name: 'gonfalon' } as const

/** The types that OpenFeature asks for. */
export type Kind = 'boolean' | 'string' | 'number' | 'object'

/**
 * OpenFeature's context as ours: `targetingKey` is handed in as the actor, `groups` as the groups, and all of it are attributes.
 */
export function contextOf(context: EvaluationContext | undefined): Context {
  const attributes = context as { [name: string]: Attribute } | undefined
  try {
    const { targetingKey, groups } = context ?? {}
    return { actor: targetingKey, groups: groups as string[] | undefined, attributes }
  } catch (error) {
    // The program's own code threw: who is asking can't be read.
    const groups = (): never => {
      throw error
    }
    return { groups, attributes }
  }
}

/** Decides, and says it in OpenFeature's words. */
export function resolve<T extends JsonValue>(flags: Flags, kind: Kind, key: string, fallback: T, context: Context | undefined): ResolutionDetails<T> {
  const decision = flags.decide(key, context)
  const flagMetadata = metadataOf(decision, flags)
  const { value, variant, reason, error } = valueOf(decision)
  if (error !== undefined) {
    return { value: fallback, reason, errorCode: error as ErrorCode, errorMessage: messageOf(error, decision.key), flagMetadata }
  }
  const details = { reason, flagMetadata, ...(variant !== undefined && { variant }) }
  if (value === undefined) return { ...details, value: fallback }
  if (kindOf(value) !== kind) {
    const errorMessage = `the flag is of type ${kindOf(value)}, not ${kind}`
    return { ...details, value: fallback, reason: 'ERROR', errorCode: ErrorCode.TYPE_MISMATCH, errorMessage }
  }
  return { ...details, value: value as T }
}

function messageOf(code: string, key: string): string {
  switch (code) {
    case 'PROVIDER_NOT_READY':
      return 'there are no flags yet'
    case 'FLAG_NOT_FOUND':
      return `flag ${name(key)} not found`
    case 'INVALID_CONTEXT':
      return "the context can't be asked about"
  }
  return "the decision couldn't be made"
}

function kindOf(value: Json): string {
  return typeof value === 'object' && (value === null || Array.isArray(value)) ? 'something else' : typeof value
}

function metadataOf({ known, enabled, path, revision, killed }: Decision, flags: Flags): FlagMetadata {
  const metadata: Record<string, string | number | boolean> = {}
  if (known) {
    metadata['enabled'] = enabled
    if (path !== undefined) metadata['gate'] = path
    if (killed) metadata['killed'] = true
  }
  if (revision !== undefined) metadata['revision'] = revision
  if (flags.state === 'STALE') metadata['stale'] = true
  return metadata
}
