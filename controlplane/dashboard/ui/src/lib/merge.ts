import type { Constraint, FlagDocument, Gate } from './api'
import { inWords } from './operators'

type Document = Required<FlagDocument>

/** What can be edited, as parts that are compared one by one, each by its name. */
export type Parts = ReadonlyMap<string, unknown>

/** A part that two people changed, or only the other one. */
export interface Field {
  readonly id: string
  readonly name: string
  readonly before: string
  readonly mine: string
  readonly theirs: string
  readonly conflict: boolean // both changed it, and not alike
}

function gateId(gate: Gate): string {
  return `gate ${gate.type.startsWith('percentage') ? 'percentage' : gate.type}${gate.target === undefined ? '' : ` ${gate.target}`}`
}

/** The parts of a flag: each member but its key, and each gate. */
export function partsOf({ key: _key, gates, ...members }: Document): Parts {
  return new Map<string, unknown>([...Object.entries(members), ...gates.map((gate) => [gateId(gate), gate] as const)])
}

/** The flag of a document, with these parts. */
export function withParts({ key }: Document, parts: Parts): Document {
  const members = [...parts].filter(([id]) => !id.startsWith('gate '))
  const gates = [...parts].flatMap(([id, value]) => (id.startsWith('gate ') && value !== undefined ? [value as Gate] : []))
  return structuredClone({ key, ...Object.fromEntries(members), gates } as Document)
}

function text(value: unknown): string {
  if (value === undefined) return 'absent'
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? value || 'empty' : String(value)
  if (Array.isArray(value)) return (typeof value[0] === 'object' ? inWords(value as Constraint[]) : value.join(', ')) || 'none'
  const { type: _type, target: _target, enabled, ratio, constraints, ...more } = value as Gate
  const words: string[] = []
  if (constraints !== undefined) words.push(`if ${inWords(constraints)}`)
  if (ratio !== undefined) words.push(`${Number((ratio * 100).toFixed(2))} %`)
  if (enabled !== undefined) words.push(enabled ? 'on' : 'off')
  if (Object.keys(more).length > 0) words.push(JSON.stringify(more))
  return words.join(', ')
}

const same = (x: unknown, y: unknown): boolean => JSON.stringify(x) === JSON.stringify(y)

/** The parts that the other person changed since base, and whether I changed them too. */
export function compare(base: Parts, mine: Parts, theirs: Parts): Field[] {
  return [...new Set([...base.keys(), ...mine.keys(), ...theirs.keys()])].flatMap((id) => {
    const [b, m, t] = [base.get(id), mine.get(id), theirs.get(id)]
    if (same(b, t)) return []
    const conflict = !same(b, m) && !same(m, t)
    return [{ id, name: id.replace(/^gate /, ''), before: text(b), mine: text(m), theirs: text(t), conflict }]
  })
}

/** The parts with both people's changes; where they conflict, mine only if its id is in keepMine. */
export function merge(base: Parts, mine: Parts, theirs: Parts, keepMine: ReadonlySet<string>): Parts {
  const fields = new Map(compare(base, mine, theirs).map((field) => [field.id, field]))
  const taken = new Map<string, unknown>()
  for (const id of new Set([...base.keys(), ...mine.keys(), ...theirs.keys()])) {
    const field = fields.get(id)
    taken.set(id, !field || (field.conflict && keepMine.has(id)) ? mine.get(id) : theirs.get(id))
  }
  return taken
}
