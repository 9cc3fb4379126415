import type { Context, Json } from './context.js'
import type { Decision } from './decision.js'
import type { Emitter, Events, State } from './emitter.js'
import type { Encoded } from './engine/request.js'
import type { Engine, SnapshotInfo } from './engine/engine.js'
import type { Explanation } from './engine/explanation.js'

/** A context, and what to answer where nothing is known. */
export interface Ask<T> extends Context {
  readonly default?: T
}

/** Figures of a client, for metrics. */
export interface Stats {
  readonly state: State
  /** Of the snapshot that serves; undefined before the first, and in a client that evaluates remotely. */
  readonly info: SnapshotInfo | undefined
  /** Milliseconds since the source last stood behind what serves; undefined before it did. */
  readonly age: number | undefined
  /** Snapshots (remotely: results) taken from the source. */
  readonly taken: number
  /** Frames that changed nothing. */
  readonly refused: number
  /** Decisions that could not be made, which got their defaults. */
  readonly broken: number
  /** Engines that trapped, and were made again. */
  readonly traps: number
  /** Connections of the source that ended. */
  readonly lost: number
  /** Of the source; undefined once it is well again. */
  readonly lastError: Error | undefined
}

/** Decides in place of a client, where it gives a decision. For tests: see `@gonfalon/sdk/testing`. */
export type Override = (key: string, context: Context | undefined) => Decision | undefined

/** A key for what a test may replace, which nothing else should. */
export const override: unique symbol = Symbol.for('gonfalon.override')

/**
 * What every client can be asked, whether it decides here or remotely. No method that decides ever throws, or waits.
 *
 * A decision is one for a key and a {@link Context}; the `default` beside the context is the answer where nothing is known: no
 * snapshot yet, no such flag, no variant to serve, a payload of another type. Without it that is `false` or `undefined`.
 */
export abstract class Flags {
  /** @internal */
  [override]: Override | undefined = undefined
  protected abstract readonly emitter: Emitter

  /** What the answers rest on. */
  abstract get state(): State
  abstract get stats(): Stats
  /** The whole decision about one flag. */
  abstract decide(key: string, context?: Context): Decision
  /**
   * The decisions about many flags, in one crossing into the engine.
   *
   * @param keys in this order; undefined: all flags that there are, ascending by key.
   */
  abstract decideAll(context?: Context, keys?: readonly string[]): Decision[]
  /** A decision with every gate that was looked at. Remotely the gates stay on the server, and there are no steps. */
  abstract explain(key: string, context?: Context): Explanation
  /** Stops everything that runs. The client goes on answering from what it has. It may be called again. */
  abstract close(): Promise<void>

  /** Whether a flag is on. A killed flag is off, whatever the default. */
  enabled(key: string, ask?: Ask<boolean>): boolean {
    const decision = this.decide(key, ask)
    return decision.errorCode === undefined ? decision.enabled : (ask?.default ?? false)
  }

  /** The name of the variant that the actor is served. */
  variant(key: string, ask: Ask<string> & { readonly default: string }): string
  variant(key: string, ask?: Ask<string>): string | undefined
  variant(key: string, ask?: Ask<string>): string | undefined {
    return this.decide(key, ask).variant ?? ask?.default
  }

  /** The payload of the variant that the actor is served, whatever its type. Objects are frozen, because they are shared. */
  payload(key: string, ask?: Ask<Json>): Json | undefined {
    const { payload } = this.decide(key, ask)
    return payload === undefined ? ask?.default : payload
  }

  /** The payload, if it is a boolean. */
  payloadBoolean(key: string, ask: Ask<boolean> & { readonly default: boolean }): boolean
  payloadBoolean(key: string, ask?: Ask<boolean>): boolean | undefined
  payloadBoolean(key: string, ask?: Ask<boolean>): boolean | undefined {
    const payload = this.payload(key, ask)
    return typeof payload === 'boolean' ? payload : ask?.default
  }

  /** The payload, if it is a text. */
  payloadString(key: string, ask: Ask<string> & { readonly default: string }): string
  payloadString(key: string, ask?: Ask<string>): string | undefined
  payloadString(key: string, ask?: Ask<string>): string | undefined {
    const payload = this.payload(key, ask)
    return typeof payload === 'string' ? payload : ask?.default
  }

  /** The payload, if it is a number. */
  payloadNumber(key: string, ask: Ask<number> & { readonly default: number }): number
  payloadNumber(key: string, ask?: Ask<number>): number | undefined
  payloadNumber(key: string, ask?: Ask<number>): number | undefined {
    const payload = this.payload(key, ask)
    return typeof payload === 'number' ? payload : ask?.default
  }

  /** The payload, if it is an object. What is in it is the caller's to check. */
  payloadObject<T extends object>(key: string, ask: Ask<T> & { readonly default: T }): Readonly<T>
  payloadObject<T extends object>(key: string, ask?: Ask<T>): Readonly<T> | undefined
  payloadObject<T extends object>(key: string, ask?: Ask<T>): Readonly<T> | undefined {
    const { payload } = this.decide(key, ask)
    return typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? (payload as unknown as T) : ask?.default
  }

  /**
   * A context to be asked about many times, such as that of one request: it is written for the engine once for each snapshot.
   * It must not be changed any more.
   */
  context(context: Context): PreparedContext {
    return new PreparedContext(context)
  }

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

/** A context that has been written for the engine. Made by {@link Flags.context}, and given wherever a context is. */
export class PreparedContext implements Context {
  readonly actor: Context['actor']
  readonly groups: Context['groups']
  readonly attributes: Context['attributes']
  readonly default?: never
  private engine: Engine | undefined
  private encoded: Encoded | undefined

  constructor({ actor, groups, attributes }: Context) {
    this.actor = actor
    this.groups = groups === undefined || groups === null || typeof groups === 'function' ? groups : [...groups]
    this.attributes = attributes
  }

  /**
   * For an engine's requests.
   *
   * @internal
   */
  for(engine: Engine): Encoded {
    if (this.engine !== engine) {
      this.encoded = engine.encode(this)
      this.engine = engine
    }
    return this.encoded!
  }
}
