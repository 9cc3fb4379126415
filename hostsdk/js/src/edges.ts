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

  /** Follows the schedules of what serves. Those who listen know what it decided at a time. */
  follow(graph: Graph | undefined, at = this.now()): void {
    if (this.seen !== undefined) this.look(at)
    this.seen ??= at
    this.graph = graph
    this.wait()
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.timer)
  }

  private wait(): void {
    clearTimeout(this.timer)
    const next = this.graph?.next(this.seen!)
    if (next === undefined || this.stopped) return
    this.timer = later(Math.min(Math.max(next - this.now(), 0), longest), () => this.look())
  }

  /** A clock that was set back makes schedules open and close again. */
  private look(now = this.now()): void {
    const before = this.seen!
    this.seen = now
    const flags = this.graph?.between(Math.min(before, now), Math.max(before, now)) ?? []
    this.wait()
    if (flags.length > 0) this.passed(flags)
  }
}
