/** Time and chance, which the engine takes as arguments. Both can be set in tests. */
export interface Clock {
  /** Unix milliseconds; a fraction counts down to microseconds. */
  now(): number
  /** 64 bits of chance: two whole numbers below 2^32. Undefined: from the platform's secure generator. */
  readonly roll?: (() => readonly [high: number, low: number]) | undefined
}

/** Drawn from the platform's generator at once, since asking it costs much more than 64 bits are worth. */
const pool = new Uint32Array(1024)
let left = 0

/** A random number of 32 bits. */
export function random32(): number {
  if (left === 0) {
    crypto.getRandomValues(pool)
    left = pool.length
  }
  return pool[--left]!
}

/** A random number in [0, 1). */
export function random(): number {
  return random32() / 0x100000000
}

/** The clock where neither time nor chance matters. */
export const timeless: Clock = { now: () => 0, roll: () => [0, 0] }
