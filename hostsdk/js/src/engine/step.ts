import type { Gate } from '../decision.js'
import type { Value } from './reader.js'

/** The outcomes of a gate, by number. */
export const outcomes = ['no', 'yes', 'deny', 'pass', 'fail', 'not_asked'] as const

/** The operators of constraints, by number. */
export const operators = ['eq', 'neq', 'in', 'not_in', 'contains', 'gt', 'gte', 'lt', 'lte', 'matches', 'never', 'semver_gte', 'semver_lt', 'starts_with', 'ends_with'] as const

/** What one gate said: nothing, it grants, it denies, a prerequisite is met or isn't, or there was no context or actor to ask about. */
export type Outcome = (typeof outcomes)[number]

/** One constraint of a rule or segment, and how it compared. */
export interface Comparison {
  readonly attribute: string
  readonly operator: (typeof operators)[number]
  readonly values: readonly Value[]
  /** The context's value, null if it has none. */
  readonly actual: Value
  readonly held: boolean
}

/** One gate that the engine looked at. */
export interface Step {
  /** Undefined where the engine can't read the flag. */
  readonly gate: Gate | undefined
  readonly outcome: Outcome
  readonly target: string | undefined
  /** Numbers that were compared, which mean different things by gate: see the table of explanations in `wasm/ABI.md`. */
  readonly a: number | bigint | undefined
  readonly b: number | bigint | undefined
  readonly c: number | bigint | undefined
  /** Of a rule or a segment. */
  readonly comparisons: readonly Comparison[]
  /** What the gate compared, in words. */
  readonly detail: string
}
