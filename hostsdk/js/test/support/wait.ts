import { once } from 'node:events'
import type { Events, Flags, Options } from './sdk.ts'

/** Resolves with the next event of a kind. */
export function next<K extends keyof Events>(flags: Flags, event: K): Promise<Events[K]> {
  return new Promise((resolve) => {
    const held = setInterval(() => {}, 60_000) // a client's own timers and connections keep no program running
    const stop = flags.on(event, (value) => {
      clearInterval(held)
      stop()
      resolve(value)
    })
  })
}

/** Waits until a client's source has failed, and returns why. */
export async function failed(flags: Flags): Promise<Error> {
  for (;;) {
    const { lastError } = flags.stats
    if (lastError !== undefined) return lastError
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Warnings of a client, kept for the test to look at. */
export class Log {
  readonly warnings: string[] = []
  info(): void {}
  warn(message: string): void {
    this.warnings.push(message)
  }
}

/** Options of a client that is quick and says nothing. */
export const quick: Partial<Options> = { logger: { info() {}, warn() {} }, usage: false }

export { once }
