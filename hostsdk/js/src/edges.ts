import type { Graph } from './graph.js'
import { later } from './source/pause.js'

/** How often the clock is looked at while a schedule is to come, in milliseconds: timers stand still while a machine sleeps. */
const longest = 60_000

/** Tells when schedules open or close, for those who listen to changes. */
export class Edges {
  private graph: Graph | undefined
  private seen: number | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private stopped = false

  constructor(
    private readonly now: () => number,
    private readonly passed: (flags: string[]) => void,
  ) {}

  /** Follows the schedules of what serves from now on. */
  follow(graph: Graph | undefined): void {
    if (this.seen !== undefined) this.look()
    this.seen ??= this.now()
    this.graph = graph
    this.wait()
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.timer)
  }

  private wait(): void {
    clearTimeout(this.timer)
    const seen = this.seen!
    const next = this.graph?.next(seen)
    if (next === undefined || this.stopped) return
    this.timer = later(Math.min(next - seen, longest), () => this.look())
  }

  /** A clock that was set back makes schedules open and close again. */
  private look(): void {
    const [before, now] = [this.seen!, this.now()]
    this.seen = now
    const flags = this.graph?.between(Math.min(before, now), Math.max(before, now)) ?? []
    this.wait()
    if (flags.length > 0) this.passed(flags)
  }
}
