import type { Graph } from './graph.js'
import { later } from './source/pause.js'

/** How often the clock is looked at while a schedule is to come, in milliseconds: timers stand still while a machine sleeps. */
const longest = 60_000

/** Tells when schedules open or close, for those who listen to changes. */
export class Edges {
  private graph: Graph | undefined
  private seen = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private stopped = false

  constructor(
    private readonly now: () => number,
    private readonly passed: (flags: string[]) => void,
  ) {}

  /** Follows the schedules of what serves from now on. */
  follow(graph: Graph | undefined): void {
    this.graph = graph
    this.seen = this.now()
    this.wait()
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.timer)
  }

  private wait(): void {
    clearTimeout(this.timer)
    const next = this.graph?.next(this.seen)
    if (next === undefined || this.stopped) return
    this.timer = later(Math.min(next - this.seen, longest), () => this.look())
  }

  /** A clock that was set back makes schedules open and close again. */
  private look(): void {
    const before = this.seen
    this.seen = this.now()
    const flags = this.graph?.between(Math.min(before, this.seen), Math.max(before, this.seen)) ?? []
    this.wait()
    if (flags.length > 0) this.passed(flags)
  }
}
