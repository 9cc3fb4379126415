import type { Logger } from './log.js'
import { quoted } from './quoted.js'
import { poll } from './source/poll.js'
import type { Source } from './source/source.js'
import { stream } from './source/stream.js'
import type { FlagUsage } from './usage.js'

/** Where flags come from, and how a client treats them. One of `endpoint`, `source`, `bootstrap` or `lastGood` is needed. */
export interface Options {
  /** The control plane's address, such as `https://flags.example.com`. */
  readonly endpoint?: string | URL | undefined
  /** A token of role sdk, viewer or more. */
  readonly token?: string | undefined
  /** The environment's key; defaults to `default`. */
  readonly environment?: string | undefined

  /** What brings snapshots: `stream` (the default if there is an endpoint), `poll`, or your own source. */
  readonly source?: 'stream' | 'poll' | Source | undefined
  /** Milliseconds between polls; defaults to 15,000. */
  readonly pollInterval?: number | undefined
  /** A snapshot to start with. If it can't be loaded, {@link Gonfalon.connect} rejects. */
  readonly bootstrap?: Uint8Array | ArrayBuffer | undefined

  /**
   * Milliseconds that {@link Gonfalon.connect} waits for the source; defaults to 5,000, and 0 doesn't wait. If there is a
   * snapshot to start with, it stops waiting when the source has failed once.
   */
  readonly readyWithin?: number | undefined
  /** Milliseconds without contact from the source that make a client `STALE`; it keeps answering. Defaults to never. */
  readonly ttl?: number | undefined
  /** Milliseconds that a client stays `READY` after it has lost its source; defaults to 5,000. */
  readonly grace?: number | undefined

  /** Milliseconds between reports of how often flags were evaluated; defaults to 60,000, and false is never. */
  readonly usage?: number | false | undefined
  /** Receives the reports; by default they go to the endpoint. */
  readonly reportUsage?: ((environment: string, flags: Record<string, FlagUsage>) => Promise<void>) | undefined

  /** Where the client logs; defaults to warnings on the console. */
  readonly logger?: Logger | undefined
  /** Makes requests, for proxies, certificates and tests; defaults to the platform's. */
  readonly fetch?: typeof fetch | undefined
  /** Returns Unix milliseconds, for schedules. */
  readonly clock?: (() => number) | undefined
  /** Returns 64 bits of chance, for percentages of time: two whole numbers below 2^32. */
  readonly roll?: (() => readonly [high: number, low: number]) | undefined
}

/** Keeps the last good snapshot across restarts, where the platform has a place for it. */
export interface Keeper {
  /** What was kept; undefined if nothing was, or it can't be read. */
  read(): Promise<Uint8Array | undefined>
  /** Keeps bytes; later ones replace those that still wait. */
  write(bytes: Uint8Array): void
  /** Resolves when nothing waits any more. */
  flush(): Promise<void>
}

/** Returns the source that the options name; undefined if they name none. */
export function sourceOf(options: Options): Source | undefined {
  const { source, endpoint } = options
  const { environment } = options
  // Such a segment would lead to another path of the server.
  if (environment === '' || environment === '.' || environment === '..') throw new TypeError(`gonfalon: no environment has the key "${environment}"`)
  if (typeof source === 'object') return source
  if (endpoint === undefined) {
    if (source !== undefined) throw new TypeError(`gonfalon: the source ${quoted(String(source))} needs an endpoint`)
    return undefined
  }
  return source === 'poll' ? poll(options.pollInterval) : stream()
}
