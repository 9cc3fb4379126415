import { gateOf, named, type Decision } from '../decision.js'
import type { Value } from './reader.js'
import { operators, outcomes, type Step } from './step.js'
import { detail } from './words.js'

/** A decision, and every gate that was looked at, in order, up to the one that decided. */
export interface Explanation {
  readonly decision: Decision
  readonly steps: readonly Step[]
}

type Number = number | bigint | null

/** Lays out an explanation of `wasm/ABI.md`. */
export function explanation(decision: Decision, value: Value): Explanation {
  const [, steps] = value as [number, [number, number, string | null, Number, Number, Number, [string, number, Value[], Value, boolean][] | null][]]
  return {
    decision,
    steps: steps.map(([gate, outcome, target, a, b, c, details]) => {
      const step = {
        gate: gateOf(gate),
        outcome: named(outcomes, 'outcome', outcome),
        target: target ?? undefined,
        a: a ?? undefined,
        b: b ?? undefined,
        c: c ?? undefined,
        comparisons: (details ?? []).map(([attribute, operator, values, actual, held]) => ({
          attribute,
          operator: named(operators, 'operator', operator),
          values,
          actual,
          held,
        })),
      }
      return { ...step, detail: detail(step) }
    }),
  }
}
