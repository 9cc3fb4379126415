import { Arrivals } from './arrivals.js'
import type { Context, Json } from './context.js'
import type { Decision } from './decision.js'
import type { Emitter, Events, State } from './emitter.js'
import type { SnapshotInfo } from './engine/engine.js'
import { PreparedContext } from './engine/prepared.js'
import type { Explanation } from './engine/explanation.js'

/** A context, and the answer for when nothing is known. */
export interface Query<T> extends Context {
  readonly default?: T
}

/** Returns the default of a query; undefined if there is none, or the program's own code throws. */
export function defaultOf<T>(query: Query<T> | undefined): T | undefined {
  try {
    return query?.default
  } catch {
    return undefined
  }
}

/** Figures of a client, for metrics. */
export interface Stats {
  readonly state: State
  /** Of the snapshot that serves; undefined before the first, and in a client that evaluates remotely. */
  readonly info: SnapshotInfo | undefined
  /** Milliseconds since the source last confirmed what serves; undefined before it did. */
  readonly age: number | undefined
  /** Snapshots (remotely: results) taken from the source. */
  readonly taken: number
  /** Frames that changed nothing. */
  readonly refused: number
  /** Decisions that the engine could not make, which got their defaults, or a payload that could not be read. */
  readonly broken: number
  /** Decisions about flags that don't exist; each such key is logged once. */
  readonly unknown: number
  /** Decisions whose context has something that can't be read, such as an actor or a group that is none; each type is logged once. */
  readonly unreadable: number
  /** Engines that trapped, and were rebuilt. */
  readonly traps: number
  /** Connections of the source that ended. */
  readonly lost: number
  /** What is wrong with the source; undefined once it is well again. */
  readonly lastError: Error | undefined
}

/** Decides in place of a client, if it returns a decision. For tests: see `@gonfalon/sdk/testing`. */
export type Override = (key: string, context: Context | undefined) => Decision | undefined

/** The key of the override, which only tests should set. */
export const override: unique symbol = Symbol.for('gonfalon.override')

/**
 * What every client does, whether it decides here or remotely. No method that decides throws or waits.
 *
 * Each takes a flag's key and a {@link Context}. The `default` beside the context is the answer when there is no other: no snapshot
 * yet, no variant to serve, a payload of another type. Without it, that is `false` or `undefined`.
 */
export abstract class Flags {
  /** @internal */
  [override]: Override | undefined = undefined
  protected abstract readonly emitter: Emitter
  protected readonly arrivals = new Arrivals()

  /** What the answers rest on. */
  abstract get state(): State
  /** The client's figures, for metrics. */
  abstract get stats(): Stats

  /** The snapshot that serves; undefined before the first, and in a client that evaluates remotely. */
  get info(): SnapshotInfo | undefined {
    return this.stats.info
  }

  /** The whole decision about one flag. */
  abstract decide(key: string, context?: Context): Decision
  /**
   * The decisions about many flags, in one call into the engine.
   *
   * @param keys the flags, in this order; undefined means all flags, ascending by key.
   */
  abstract decideAll(context?: Context, keys?: readonly string[]): Decision[]
  /** A decision with every gate that was looked at. Remotely the gates stay on the server, and there are no steps. */
  abstract explain(key: string, context?: Context): Explanation
  /** Stops everything that runs. The client keeps answering from what it has. It may be called again. */
  abstract close(): Promise<void>

  /** Whether a flag is on. The default counts only where nothing could decide: an unknown flag is off, and so is a killed one. */
  enabled(key: string, query?: Query<boolean>): boolean {
    const decision = this.decide(key, query)
    return decision.reason === 'NOT_READY' && !decision.known ? (defaultOf(query) ?? false) : decision.enabled
  }

  /** The name of the variant that the actor is served. */
  variant(key: string, query: Query<string> & { readonly default: string }): string
  variant(key: string, query?: Query<string>): string | undefined
  variant(key: string, query?: Query<string>): string | undefined {
    return this.decide(key, query).variant ?? defaultOf(query)
  }

  /** The payload of the variant that the actor is served, whatever its type. Objects are frozen, because they are shared. */
  payload(key: string, query?: Query<Json>): Json | undefined {
    const { payload } = this.decide(key, query)
    return payload === undefined ? defaultOf(query) : payload
  }

  /** The payload, if it is a boolean. */
  payloadBoolean(key: string, query: Query<boolean> & { readonly default: boolean }): boolean
  payloadBoolean(key: string, query?: Query<boolean>): boolean | undefined
  payloadBoolean(key: string, query?: Query<boolean>): boolean | undefined {
    const payload = this.payload(key, query)
    return typeof payload === 'boolean' ? payload : defaultOf(query)
  }

  /** The payload, if it is a text. */
  payloadString(key: string, query: Query<string> & { readonly default: string }): string
  payloadString(key: string, query?: Query<string>): string | undefined
  payloadString(key: string, query?: Query<string>): string | undefined {
    const payload = this.payload(key, query)
    return typeof payload === 'string' ? payload : defaultOf(query)
  }

  /** The payload, if it is a number. */
  payloadNumber(key: string, query: Query<number> & { readonly default: number }): number
  payloadNumber(key: string, query?: Query<number>): number | undefined
  payloadNumber(key: string, query?: Query<number>): number | undefined {
    const payload = this.payload(key, query)
    return typeof payload === 'number' ? payload : defaultOf(query)
  }

  /** The payload, if it is an object. What is in it is the caller's to check. */
  payloadObject<T extends object>(key: string, query: Query<T> & { readonly default: T }): Readonly<T>
  payloadObject<T extends object>(key: string, query?: Query<T>): Readonly<T> | undefined
  payloadObject<T extends object>(key: string, query?: Query<T>): Readonly<T> | undefined {
    const { payload } = this.decide(key, query)
    return typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? (payload as unknown as T) : defaultOf(query)
  }

  /**
   * Prepares a context for many calls, such as those of one request: it is written for the engine once per snapshot. It must
   * not be changed afterwards.
   */
  context(context: Context): PreparedContext {
    return new PreparedContext(context)
  }

  /**
   * Waits until a revision serves, or a later one: the answer of every write has the revision that it made.
   *
   * @param within milliseconds to wait at most; then it rejects with a `TimeoutError`.
   */
  waitFor(revision: number, within = 5_000): Promise<void> {
    const { serving } = this
    return serving !== undefined && serving >= revision ? Promise.resolve() : this.arrivals.wait(revision, within)
  }

  /** The revision that serves. */
  protected abstract get serving(): number | undefined

  /**
   * Listens.
   *
   * @returns a function that stops listening.
   */
  on<K extends keyof Events>(event: K, listener: (event: Events[K]) => void): () => void {
    return this.emitter.on(event, listener)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
