import { readFileSync } from 'node:fs'
import type { Typed } from './typed.ts'

/** A case of `values.json`. */
export interface Case {
  readonly about: string
  readonly hosts?: readonly ('sdk' | 'provider' | 'ofrep')[]
  readonly flag: string
  readonly actor?: Typed
  readonly groups?: Typed
  readonly attributes?: Readonly<Record<string, Typed>>
  readonly roll?: string
  readonly as?: 'boolean' | 'string' | 'integer' | 'float' | 'object'
  readonly default?: never
  readonly loaded?: false
  readonly want: { readonly enabled: boolean; readonly reason: string; readonly gate: string; readonly value?: unknown; readonly error?: string }
}

interface Values {
  readonly snapshot: string
  readonly cases: readonly Case[]
}

/** `bounds.json`: what a context or a question past a bound comes to. */
export const bounds = JSON.parse(readFileSync(new URL('../../../testdata/bounds.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly (Case & { readonly more_attributes?: number })[]
  readonly keys: readonly { readonly about: string; readonly count: number; readonly decisions: number }[]
}

const text = readFileSync(new URL('../../../testdata/values.json', import.meta.url), 'utf8')

export const values = JSON.parse(text) as Values

/** The flags of the cases, as they are written: some of their numbers are beyond what JavaScript can parse. */
export const flagsText = /^ "flags": (\[.*?^ \])/ms.exec(text)![1]!

/** Types that JavaScript doesn't have. */
const foreign = ['uuid', 'decimal', 'marshals', 'pointer', 'nil_pointer']

/**
 * Whether a host of this language has the types that a case needs. Its one type of number is the float, so that nothing can be
 * asked as an integer.
 */
export function possible({ actor, groups, attributes, as }: Case): boolean {
  return as !== 'integer' && !foreign.some((name) => `${JSON.stringify([actor, groups, attributes])}`.includes(`"${name}":`))
}

/** Whether a case can be asked over the network: with the server's own chance, and without functions. */
export function remote({ roll, loaded, groups }: Case): boolean {
  return roll === undefined && loaded === undefined && !(groups !== undefined && 'member' in groups)
}
