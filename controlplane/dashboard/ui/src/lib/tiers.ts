/** The three steps in which gates decide, and the kinds of gates in each. */
const tiers = [
  { step: 'must_hold', title: 'Must hold', note: 'if any fails, off for everyone', kinds: ['kill', 'prerequisite'] },
  { step: 'first_match', title: 'First match decides', note: 'can say on or off', kinds: ['actor', 'group'] },
  { step: 'any_of', title: 'Any of these turns it on', note: 'none of them can turn it off', kinds: ['rule', 'segment', 'boolean', 'schedule', 'percentage'] },
] as const

/** Returns the steps that have something, which are numbered as they stand. */
export function tiersWith<T>(of: (kinds: readonly string[]) => readonly T[]) {
  return tiers.map(({ kinds, ...tier }) => ({ ...tier, items: of(kinds) })).filter(({ items }) => items.length > 0)
}

/** Returns what a kind of gate is called. */
export function called(kind: string): string {
  return kind === 'kill' ? 'kill switch' : kind
}
