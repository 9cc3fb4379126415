// The workloads of ../workload, with the same keys, actors and attributes.
//
//   W1 a boolean flag, on          W2 one actor of 100 listed       W3 25% of actors
//   W4 three constraints and 50%   W5 four weighted variants
//
// A set of n flags consists of equal parts of each.

export const names = ['W1 boolean', 'W2 1 of 100 actors', 'W3 25% of actors', 'W4 3 constraints + 50%', 'W5 four variants']
export const kinds = names.length
export const listed = 100

const pad = (n, digits) => String(n).padStart(digits, '0')
export const key = (kind, i) => `w${kind + 1}_flag_${pad(i, 5)}`
export const user = (i) => `user:${pad(i, 6)}`
export const users = Array.from({ length: listed }, (_, i) => user(i))

/** The rotating actors. */
export const actors = Array.from({ length: 64 }, (_, i) => user(i * 3))
export const attributes = { age: 34, country: 'DE', email: 'jo@example.com', plan: 'team', beta: true }
export const plans = ['pro', 'team', 'enterprise']
export const weights = { blue: 40, green: 30, red: 20, white: 10 }

/** The keys of a set of n flags, by kind. */
export const keys = (n) => Array.from({ length: kinds }, (_, kind) => Array.from({ length: n / kinds }, (_, i) => key(kind, i)))

/** A hundred flags of all kinds, as a page might ask for. */
export const batch = Array.from({ length: 100 }, (_, i) => key(i % kinds, Math.floor(i / kinds)))

/**
 * Checks an engine's answers: W1 and W2 for every actor; of W3 to W5, whose hashes are each engine's own, the shares over 20 flags
 * and 256 actors. `exact`, if given, is the right answer itself.
 */
export function check({ name, flags, ask }, exact) {
  let checked = 0
  const wrong = (what) => {
    throw new Error(`${name}: ${what}`)
  }
  const everybody = Array.from({ length: 256 }, (_, i) => user(i))
  for (let kind = 0; kind < kinds; kind++) {
    const counts = new Map()
    for (const flag of keys(flags)[kind].slice(0, 20)) {
      for (const actor of everybody) {
        const answer = ask(kind, flag, actor)
        const want = kind === 0 ? true : kind === 1 ? users.includes(actor) : exact?.(kind, flag, actor)
        if (want !== undefined && answer !== want) wrong(`${flag} for ${actor} is ${answer}, not ${want}`)
        counts.set(answer, (counts.get(answer) ?? 0) + 1)
        checked++
      }
    }
    const shares = kind === 2 ? { true: 25, false: 75 } : kind === 3 ? { true: 50, false: 50 } : kind === 4 ? weights : undefined
    for (const [answer, share] of Object.entries(shares ?? {})) {
      const got = (100 * (counts.get(kind === 4 ? answer : answer === 'true') ?? 0)) / (20 * 256)
      if (Math.abs(got - share) > 3) wrong(`${names[kind]}: ${got.toFixed(1)}% are ${answer}, not ${share}%`)
    }
  }
  return checked
}
