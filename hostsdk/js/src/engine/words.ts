import { name, quoted } from '../quoted.js'
import type { Value } from './reader.js'
import type { Comparison, Step } from './step.js'

/** Says in words what a step's gate compared: the words are those of `wasm/ABI.md`, the same in every language. */
export function detail(step: Omit<Step, 'detail'>): string {
  const { gate, outcome, a, b, c } = step
  if (outcome === 'not_asked') return gate === 'rule' || gate === 'segment' ? 'the context is empty' : 'there is no actor'
  const n = (value: number | bigint | undefined): number => Number(value ?? 0)
  switch (gate) {
    case 'actor':
      return outcome === 'yes' ? 'named, and allowed' : outcome === 'deny' ? 'named, and denied' : 'not named'
    case 'group':
      return outcome === 'yes' ? 'a member, and allowed' : outcome === 'deny' ? 'a member, and denied' : "in none of the flag's groups"
    case 'rule':
    case 'segment':
      return rule(step)
    case 'boolean':
      return onOff(a)
    case 'schedule':
      return window(a, b) + `, and it is ${moment(c ?? 0)}`
    case 'percentage_of_actors':
      return share(a, b, 'actors')
    case 'percentage_of_time':
      return `${percent(n(b), 10_000)}% of the time: drew ${compared(n(a), n(b), String(n(a)), String(n(b)))} of 10000`
    case 'prerequisite': {
      const found = b === undefined ? 'missing' : (['off', 'on'][Number(b)] ?? 'in a cycle, too deep, too costly, or unreadable')
      return outcome === 'pass' ? `${found}, as required` : `${found}, but must be ${onOff(a)}`
    }
    case 'kill':
      return 'the flag is killed'
    case undefined:
      if (a !== undefined) return 'the comparisons took too many steps over this context'
      return "a newer build wrote this flag, and this one can't read it"
  }
  return ''
}

function rule({ comparisons, a, b }: Omit<Step, 'detail'>): string {
  const told: string[] = []
  for (const comparison of comparisons) {
    told.push(constraint(comparison))
    if (!comparison.held) return told.join(' and ')
  }
  if (b !== undefined) told.push(share(a, b, 'them'))
  return told.join(' and ')
}

function constraint({ attribute, operator, values, actual, held }: Comparison): string {
  const single = values.length === 1 && operator !== 'in' && operator !== 'not_in'
  const text = `${name(attribute)} ${operator} ${short(single ? values[0]! : [...values])}`
  if (held) return text
  return actual === null ? `${text}: it is missing` : `${text}: it is ${short(actual)}`
}

const onOff = (value: number | bigint | undefined): string => (Number(value ?? 0) === 1 ? 'on' : 'off')

const compared = (n: number, most: number, text: string, limit: string): string => `${text} ${n > most ? '>' : '≤'} ${limit}`

const scores = 65_536

function share(score: number | bigint | undefined, most: number | bigint | undefined, of: string): string {
  const limit = Number(most ?? 0)
  const text = `${percent(limit, scores)}% of ${of}`
  if (score === undefined) return `${text}: there is no actor`
  return `${text}: score ${compared(Number(score), limit, place(Number(score)), place(limit))}`
}

/** The roundest percentage that grants what is at most n of all. */
function percent(n: number, all: number): string {
  for (let decimals = 0, power = 1; ; decimals++, power *= 10) {
    const round = Math.ceil((n * 100 * power) / all)
    if (round * all < (n + 1) * 100 * power || decimals === 6) return decimal(round, decimals)
  }
}

/** A score as a place in [0, 1), to four decimals. */
const place = (score: number): string => decimal(Math.floor((score * 10_000 + scores / 2) / scores), 4)

function decimal(n: number, decimals: number): string {
  const digits = String(n).padStart(decimals + 1, '0')
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

function window(from: number | bigint | undefined, until: number | bigint | undefined): string {
  if (from === undefined) return until === undefined ? 'always open' : `until ${moment(until)}`
  return until === undefined ? `from ${moment(from)} on` : `from ${moment(from)} until ${moment(until)}`
}

/** A time in Unix microseconds, for people. */
function moment(at: number | bigint): string {
  const micros = BigInt(at)
  if (micros < -62_135_596_800_000_000n || micros > 253_402_300_799_999_999n) return `${micros} µs`
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = new Date(Number((micros - rest) / 1000n)).toISOString().slice(0, 19)
  const fraction = String(rest).padStart(6, '0').replace(/0+$/, '')
  return `${seconds}${fraction === '' ? '' : `.${fraction}`}Z`
}

const longest = 80

/** A value as JSON, cut if it is long. */
function short(value: Value): string {
  const characters = [...written(value)]
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : characters.join('')
}

function written(value: Value): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (typeof value === 'string') return quoted(value)
  if (value instanceof Map) return `{${[...value].map(([key, item]) => `${quoted(key)}: ${written(item)}`).join(', ')}}`
  return `[${[...value].map((item) => written(item)).join(', ')}]`
}

