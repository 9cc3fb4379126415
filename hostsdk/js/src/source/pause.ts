import { random } from '../engine/clock.js'
import { quoted } from '../quoted.js'
import { LaterError, RefusedError } from './failure.js'

const shortest = 500
const longest = 30_000

/** Milliseconds that closing a client takes at most: a source, a report and a fetch can be a program's own, and need not end. */
export const farewell = 2_000

/** Timers count no further, and fire at once instead. */
export const furthest = 2 ** 31 - 1

/** Returns the milliseconds between two rounds of something. With none it would never rest. */
export function interval(name: string, ms: number): number {
  if (!(ms > 0)) throw new TypeError(`gonfalon: ${name} is ${quoted(String(ms))}; it must be above zero`)
  return ms
}

/** Pauses between attempts: exponential, with jitter, and what the server asked for. */
export class Pauses {
  private next = shortest

  /** A connection that delivered something starts them anew. */
  reset(): void {
    this.next = shortest
  }

  /** Milliseconds to wait after a failure. */
  after(error: unknown): number {
    const pause = this.next * (0.5 + random())
    this.next = Math.min(this.next * 2, longest)
    if (error instanceof RefusedError) return longest
    if (error instanceof LaterError) return Math.max(pause, error.after)
    return pause
  }
}

/** Sets a timer that doesn't keep a program of Node running. */
export function later(ms: number, run: () => void): ReturnType<typeof setTimeout> {
  const timer = setTimeout(run, Math.min(ms, furthest))
  if (typeof timer === 'object' && 'unref' in timer) timer.unref()
  return timer
}

/** Waits, without keeping a program of Node running; rejects with the signal's reason if that aborts before. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const timer = later(ms, () => {
      signal.removeEventListener('abort', stop)
      resolve()
    })
    signal.addEventListener('abort', stop, { once: true })
  })
}

/** Waits for something, at most so long, and keeps a program of Node running meanwhile. */
export async function within(ms: number, awaited: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, Math.min(ms, furthest))))
  try {
    await Promise.race([awaited, late])
  } finally {
    clearTimeout(timer)
  }
}
