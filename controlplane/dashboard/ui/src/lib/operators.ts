import type { Constraint } from './api'
import { wholeNumber } from './exact'

export type Operator = Constraint['operator']

interface Help {
  readonly operator: Operator
  readonly text: string
  readonly many: boolean // it takes several values
  readonly help: string
}

/** What a condition can compare, in words. */
export const operators: readonly Help[] = [
  { operator: 'eq', text: 'is', many: false, help: 'Text is compared exactly, case included.' },
  { operator: 'neq', text: 'is not', many: false, help: 'An actor without the attribute matches no condition.' },
  { operator: 'in', text: 'is one of', many: true, help: 'Text is compared exactly, case included.' },
  { operator: 'not_in', text: 'is none of', many: true, help: 'An actor without the attribute matches no condition.' },
  { operator: 'contains', text: 'contains', many: false, help: 'A part of a text, case included.' },
  { operator: 'starts_with', text: 'starts with', many: false, help: 'The beginning of a text, case included.' },
  { operator: 'ends_with', text: 'ends with', many: false, help: 'The end of a text, case included.' },
  { operator: 'gt', text: 'is more than', many: false, help: 'Numbers by size.' },
  { operator: 'gte', text: 'is at least', many: false, help: 'Numbers by size.' },
  { operator: 'lt', text: 'is less than', many: false, help: 'Numbers by size.' },
  { operator: 'lte', text: 'is at most', many: false, help: 'Numbers by size.' },
  { operator: 'semver_gte', text: 'is version … or later', many: false, help: 'As a version: 5.10.0 is later than 5.9.0.' },
  { operator: 'semver_lt', text: 'is before version', many: false, help: 'As a version: 5.10.0 is later than 5.9.0.' },
  { operator: 'matches', text: 'matches', many: false, help: 'A regular expression (RE2), anywhere in the text.' },
]

/** Conditions in words. */
export function inWords(constraints: readonly Constraint[]): string {
  return constraints
    .map(({ attribute, operator, values }) => {
      const text = operators.find((each) => each.operator === operator)?.text ?? operator
      return `${attribute} ${text.includes('…') ? text.replace('…', () => values.join(', ')) : `${text} ${values.join(', ')}`}`
    })
    .join(' and ')
}

const numeric: ReadonlySet<Operator> = new Set(['gt', 'gte', 'lt', 'lte'])

/** Reads a typed value: a number, true, false and null are what they look like, unless quoted or compared as text. */
export function valueOf(text: string, operator: Operator): unknown {
  const quoted = /^"(.*)"$/s.exec(text)
  if (quoted) return quoted[1]
  const asText = operator === 'matches' || operator.startsWith('semver') || operator.endsWith('with') || operator === 'contains'
  if (asText) return text
  if (/^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(text)) return Number(text)
  if (/^-?[1-9]\d{15,}$/.test(text)) return wholeNumber(text) ?? text
  if (numeric.has(operator)) return text
  return text === 'true' ? true : text === 'false' ? false : text === 'null' ? null : text
}

/** A value as it is typed: text that could be read as something else, or has spaces around it, is quoted. */
export function typed(value: unknown, operator: Operator): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  return valueOf(value, operator) === value && value.trim() === value ? value : `"${value}"`
}
