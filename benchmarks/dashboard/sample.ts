/** 10,000 flags as a company has them, and what is known about them without asking the server. */

export const prefixes = Array.from({ length: 60 }, (_, i) => `team${String(i).padStart(2, '0')}`)
const words = ['basket', 'banner', 'checkout', 'digest', 'export', 'feed', 'gallery', 'history', 'import', 'journal', 'kiosk', 'ledger', 'menu', 'notes', 'orders', 'prices', 'queue', 'ranking', 'search', 'tax', 'upload', 'voucher', 'wallet', 'zones']
const count = 10_000

interface Flag {
  readonly key: string
  readonly description: string
  readonly owner: string
  readonly tags: readonly string[]
  readonly killed?: boolean
  readonly gates: readonly object[]
}

const gates: readonly ((i: number) => object[])[] = [
  () => [{ type: 'boolean' }],
  (i) => [{ type: 'percentage_of_actors', ratio: (1 + (i % 98)) / 100 }],
  () => [],
  (i) => [{ type: 'group', target: 'staff' }, { type: 'actor', target: `user:${i}` }],
  () => [{ type: 'rule', constraints: [{ attribute: 'country', operator: 'in', values: ['DE', 'FR', 'AT'] }, { attribute: 'plan', operator: 'eq', values: ['pro'] }] }],
  () => [{ type: 'boolean' }, { type: 'variant', variants: [{ name: 'a', weight: 50 }, { name: 'b', weight: 50 }] }],
]

export const flags: readonly Flag[] = Array.from({ length: count }, (_, i) => {
  const word = words[(i * 7) % words.length]!
  return {
    key: `${prefixes[i % prefixes.length]}_${word}_${String(i).padStart(5, '0')}`,
    description: `The ${word} of release ${1 + (i % 40)}`,
    owner: `owner-${i % 30}`,
    tags: i % 5 === 0 ? ['rollout'] : [],
    ...(i % 97 === 0 ? { killed: true } : {}),
    gates: gates[i % gates.length]!(i),
  }
})

export const owned = (owner: string): number => flags.filter((flag) => flag.owner === owner).length
export const named = (word: string): number => flags.filter((flag) => flag.key.includes(word)).length
