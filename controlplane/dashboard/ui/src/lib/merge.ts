import type { FlagDocument, Gate } from './api'

type Document = Required<FlagDocument>

/** A part of a flag that two people changed, or only the other one. */
export interface Field {
  readonly id: string
  readonly name: string
  readonly before: string
  readonly mine: string
  readonly theirs: string
  readonly conflict: boolean // both changed it, and not alike
}

const infos = ['description', 'owner', 'tags', 'permanent', 'killed', 'off_variant'] as const

function gateId(gate: Gate): string {
  return `gate ${gate.type.startsWith('percentage') ? 'percentage' : gate.type}${gate.target === undefined ? '' : ` ${gate.target}`}`
}

/** A document as parts that can be compared one by one. */
function parts(doc: Document): Map<string, unknown> {
  const all = new Map<string, unknown>(infos.map((name) => [name, doc[name]]))
  for (const gate of doc.gates) all.set(gateId(gate), gate)
  return all
}

function text(value: unknown): string {
  if (value === undefined) return 'absent'
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? value || 'empty' : String(value)
  if (Array.isArray(value)) return value.join(', ') || 'none'
  const { type: _type, target: _target, ...rest } = value as Gate
  const { enabled, ratio, ...more } = rest
  const words: string[] = []
  if (ratio !== undefined) words.push(`${Number((ratio * 100).toFixed(2))} %`)
  if (enabled !== undefined) words.push(enabled ? 'on' : 'off')
  if (Object.keys(more).length > 0) words.push(JSON.stringify(more))
  return words.join(', ')
}

/** The parts that the other person changed since base, and whether I changed them too. */
export function compare(base: Document, mine: Document, theirs: Document): Field[] {
  const [b, m, t] = [parts(base), parts(mine), parts(theirs)]
  const same = (x: unknown, y: unknown): boolean => JSON.stringify(x) === JSON.stringify(y)
  return [...new Set([...b.keys(), ...m.keys(), ...t.keys()])].flatMap((id) => {
    if (same(b.get(id), t.get(id))) return []
    const conflict = !same(b.get(id), m.get(id)) && !same(m.get(id), t.get(id))
    return [{ id, name: id.replace(/^gate /, ''), before: text(b.get(id)), mine: text(m.get(id)), theirs: text(t.get(id)), conflict }]
  })
}

/** A document with both people's changes; where they conflict, mine only if its id is in keepMine. */
export function merge(base: Document, mine: Document, theirs: Document, keepMine: ReadonlySet<string>): Document {
  const [b, m, t] = [parts(base), parts(mine), parts(theirs)]
  const fields = new Map(compare(base, mine, theirs).map((field) => [field.id, field]))
  const taken = new Map<string, unknown>()
  for (const id of new Set([...b.keys(), ...m.keys(), ...t.keys()])) {
    const field = fields.get(id)
    taken.set(id, !field || (field.conflict && keepMine.has(id)) ? m.get(id) : t.get(id))
  }
  const merged = structuredClone(mine)
  for (const name of infos) Object.assign(merged, { [name]: taken.get(name) })
  merged.gates = [...taken].flatMap(([id, value]) => (id.startsWith('gate ') && value !== undefined ? [value as Gate] : []))
  return structuredClone(merged)
}
