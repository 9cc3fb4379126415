import type { Emitter, State } from './emitter.js'
import { FrameError, RefusedError } from './source/failure.js'
import { later } from './source/pause.js'

/** What is known of the source, and the state that follows from it. */
export class Status {
  state: State = 'NOT_READY'
  /** Of the source; undefined once it is well again. */
  error: Error | undefined
  /** Connections of the source that ended. */
  losses = 0
  /** Resolves when a start need not wait any longer. */
  readonly settled: Promise<void>

  /** There is no source, or it has said its last word: what serves is as good as it gets. */
  private alone = false
  /** When the source last stood behind what serves, and when it was lost, by a clock that never goes back. */
  private confirmed: number | undefined
  private lost: number | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private settle: () => void = () => {}

  constructor(
    private readonly serves: () => boolean,
    private readonly emitter: Emitter,
    /** Milliseconds that a lost source isn't yet `STALE`. */
    private readonly grace: number,
    /** Milliseconds without a word of the source that make `STALE`; undefined: never. */
    private readonly ttl: number | undefined,
  ) {
    this.settled = new Promise((resolve) => (this.settle = resolve))
  }

  /** The state once what was at hand is loaded. */
  begin(alone: boolean): void {
    this.alone = alone
    this.update()
    if (alone) this.settle()
  }

  /** The source stands behind what serves. */
  confirm(): void {
    if (!this.serves()) return
    this.confirmed = performance.now()
    this.lost = undefined
    this.error = undefined
    this.update()
    this.settle()
  }

  /** The source is away; undefined: it has said its last word. */
  lose(error: Error | undefined): void {
    if (error === undefined) this.alone = this.serves()
    else {
      this.losses++
      this.error = error
      this.lost ??= performance.now()
    }
    this.update()
    // Whoever has something to begin with doesn't wait for a source that failed; nor does anybody for one that refuses.
    if (error === undefined || this.serves() || error instanceof RefusedError) this.settle()
  }

  /** Milliseconds since the source last stood behind the snapshot; undefined before it did. */
  get age(): number | undefined {
    return this.confirmed === undefined ? undefined : performance.now() - this.confirmed
  }

  /** Nothing changes any more by itself. */
  stop(): void {
    clearTimeout(this.timer)
    this.settle()
  }

  /** Puts the state in place that follows from what is known, and announces a change. */
  update(): void {
    const now = performance.now()
    const state = this.follows(now)
    const previous = this.state
    clearTimeout(this.timer)
    if (state === 'READY' && !this.alone) this.wake(now)
    if (state === previous) return
    this.state = state
    const event = { state, previous, error: this.error }
    if (state === 'READY') this.emitter.emit('ready', event)
    else if (state === 'STALE') this.emitter.emit('stale', event)
    else if (state === 'ERROR') this.emitter.emit('error', event)
  }

  private follows(now: number): State {
    if (!this.serves()) return this.error instanceof RefusedError || this.error instanceof FrameError ? 'ERROR' : 'NOT_READY'
    if (this.alone) return 'READY'
    if (this.confirmed === undefined) return 'STALE'
    if (this.lost !== undefined && now - this.lost >= this.grace) return 'STALE'
    if (this.ttl !== undefined && now - this.confirmed >= this.ttl) return 'STALE'
    return 'READY'
  }

  /** Looks again when the state changes if nothing is heard. */
  private wake(now: number): void {
    let at = this.lost === undefined ? Infinity : this.lost + this.grace
    if (this.ttl !== undefined) at = Math.min(at, this.confirmed! + this.ttl)
    if (at === Infinity) return
    this.timer = later(Math.max(Math.ceil(at - now), 0), () => this.update())
  }
}
