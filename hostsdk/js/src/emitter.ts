import type { SnapshotInfo } from './engine/engine.js'
import { complain } from './log.js'

/**
 * What a client's answers rest on.
 *
 * - `NOT_READY`: nothing has been loaded yet; every answer is the caller's default.
 * - `READY`: a snapshot serves, and the source stands behind it.
 * - `STALE`: a snapshot serves, but the source is away, hasn't answered yet, or was last heard of longer ago than the time to live.
 * - `ERROR`: nothing has been loaded, and the source refuses, or sends what can't be read. The client keeps trying.
 */
export type State = 'NOT_READY' | 'READY' | 'STALE' | 'ERROR'

/** A change of state. */
export interface StateChanged {
  readonly state: State
  readonly previous: State
  /** What the source's trouble is, if it has some. */
  readonly error: Error | undefined
}

/** A change of flags. */
export interface FlagsChanged {
  /**
   * Keys of all flags that may be decided otherwise now, ascending: they are new, changed or gone, or use what is, or one of
   * their schedules has opened or closed. Never empty.
   */
  readonly flags: readonly string[]
  /** Keys of segments that are new, changed or gone. */
  readonly segments: readonly string[]
  /** Of what serves now. */
  readonly revision: number | undefined
  /** The environment was created again, or restored. */
  readonly lineageChanged: boolean
  /** The snapshot that serves now; undefined in a client that evaluates remotely. */
  readonly info: SnapshotInfo | undefined
}

/** What can be listened to. */
export interface Events {
  /** The state has become `READY`. */
  ready: StateChanged
  /** The state has become `STALE`. */
  stale: StateChanged
  /** The state has become `ERROR`. */
  error: StateChanged
  /** Flags have changed. */
  change: FlagsChanged
}

type Listener<T> = (event: T) => unknown

/**
 * Calls listeners. If one throws, or its promise rejects, the console says so, and the others are called all the same. One that is
 * taken away while others are called isn't called any more, and one that is added isn't yet.
 */
export class Emitter {
  private readonly listeners = new Map<keyof Events, Set<Listener<never>>>()

  on<K extends keyof Events>(event: K, listener: Listener<Events[K]>): () => void {
    if (typeof listener !== 'function') throw new TypeError(`gonfalon: a listener is a function, not ${listener === null ? 'null' : `of type ${typeof listener}`}`)
    let set = this.listeners.get(event)
    if (set === undefined) this.listeners.set(event, (set = new Set()))
    // A listener that is added twice is called twice, and taken away one by one.
    const once: Listener<Events[K]> = (e) => listener(e)
    set.add(once)
    return () => set.delete(once)
  }

  has(event: keyof Events): boolean {
    return (this.listeners.get(event)?.size ?? 0) > 0
  }

  emit<K extends keyof Events>(event: K, value: Events[K]): void {
    const listeners = this.listeners.get(event) as Set<Listener<Events[K]>> | undefined
    for (const listener of [...(listeners ?? [])]) if (listeners!.has(listener)) void call(event, listener, value)
  }
}

/** Calls a listener, and never rejects. */
async function call<T>(event: string, listener: Listener<T>, value: T): Promise<void> {
  try {
    await listener(value)
  } catch (error) {
    complain(`gonfalon: a listener of "${event}" threw`, error)
  }
}
