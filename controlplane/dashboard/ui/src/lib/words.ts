import type { Flag, FlagDocument } from './api'

/** What a gate of a flag does, in the server's words. */
export interface GateWords {
  readonly kind: string
  readonly step: 'must_hold' | 'first_match' | 'any_of' | 'variant'
  readonly text: string
  readonly parts?: readonly { readonly text: string; readonly strong?: boolean; readonly time?: string }[]
}

export interface Words {
  readonly lead?: string
  readonly on_for: readonly string[]
  readonly gates: readonly GateWords[]
}

const steps: Record<string, GateWords['step']> = { prerequisite: 'must_hold', actor: 'first_match', group: 'first_match', variant: 'variant' }

/** The words of a flag. A server that doesn't tell them yet gets plain ones. */
export function wordsOf(flag: (Flag | FlagDocument) & { words?: Words }): Words {
  if (flag.words) return flag.words
  const gates: GateWords[] = [{ kind: 'kill', step: 'must_hold', text: flag.killed ? 'killed: off for everyone' : 'not killed' }]
  const phrases: string[] = []
  for (const gate of flag.gates ?? []) {
    const kind = gate.type.startsWith('percentage') ? 'percentage' : gate.type
    const text = kind === 'percentage' ? `${Number(((gate.ratio ?? 0) * 100).toFixed(2))} % of ${gate.type.endsWith('time') ? 'time' : 'actors'}` : kind === 'boolean' ? 'everyone' : kind === 'variant' ? (gate.variants ?? []).map((each) => `${each.name} ${each.weight}`).join(', ') : kind === 'rule' ? (gate.constraints ?? []).map((each) => `${each.attribute} ${each.operator} ${each.values.join(', ')}`).join(' and ') : (gate.target ?? kind)
    const allowed = gate.enabled !== false
    gates.push({ kind, step: steps[kind] ?? 'any_of', text: `${allowed ? 'on for' : 'off for'} ${text}` })
    phrases.push(`${kind === 'prerequisite' ? 'needs ' : ''}${allowed ? '' : 'not '}${kind === 'group' ? 'group ' : ''}${text}`)
  }
  return { ...(flag.killed ? { lead: 'killed; gates kept:' } : {}), on_for: phrases.length > 0 ? phrases : ['no gate is on'], gates }
}
