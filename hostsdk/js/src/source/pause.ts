import { random } from '../engine/clock.js'
import { LaterError, RefusedError } from './failure.js'

const shortest = 500
const longest = 30_000

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

/** Waits; rejects with the signal's reason if that aborts before. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}
