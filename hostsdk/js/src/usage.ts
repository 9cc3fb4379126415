import { random } from './engine/clock.js'
import { later } from './source/pause.js'

/** How often a flag was evaluated since the last report, and when that was known last. */
export interface FlagUsage {
  readonly count: number
  /** How often of those it was on. */
  readonly on?: number
  /** ISO 8601, in UTC. */
  readonly last: string
}

/** Flags of one report at most. */
const maxBatch = 1000

/** Flags that wait for a report at most: as many as a snapshot can have. */
const maxPending = 100_000

/** Sends one report. */
export type Report = (flags: Record<string, FlagUsage>) => Promise<void>

/** Counts evaluations in memory, and reports them in batches. What can't be delivered goes with the next report. */
export class Usage {
  private readonly counts = new Map<string, { count: number; on: number }>()
  private readonly pending = new Map<string, FlagUsage>()
  private timer: ReturnType<typeof setTimeout> | undefined
  private stopped = false

  constructor(
    private readonly report: Report,
    private readonly interval: number,
    private readonly failed: (error: unknown) => void,
    private readonly nothing?: () => Promise<void>, // called where there is nothing to send
  ) {
    this.schedule()
  }

  /** Adds one. Only for flags that the snapshot has, so that memory is bounded by it. */
  add(key: string, on: boolean): void {
    let entry = this.counts.get(key)
    if (entry === undefined) this.counts.set(key, (entry = { count: 0, on: 0 }))
    entry.count++
    if (on) entry.on++
  }

  /** Sends what there is. It never rejects. */
  async flush(): Promise<void> {
    this.gather()
    if (this.pending.size === 0) await this.nothing?.()
    while (this.pending.size > 0) {
      const batch = [...this.pending].slice(0, maxBatch)
      for (const [key] of batch) this.pending.delete(key)
      try {
        await this.report(Object.fromEntries(batch))
      } catch (error) {
        this.failed(error)
        for (const [key, { count, on = 0, last }] of batch) {
          const later = this.pending.get(key)
          this.pending.set(key, { count: count + (later?.count ?? 0), on: on + (later?.on ?? 0), last: later?.last ?? last })
        }
        return
      }
    }
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.timer)
  }

  private gather(): void {
    const last = new Date().toISOString()
    for (const [key, { count, on }] of this.counts) {
      const before = this.pending.get(key)
      if (before === undefined && this.pending.size >= maxPending) continue
      this.pending.set(key, { count: count + (before?.count ?? 0), on: on + (before?.on ?? 0), last })
    }
    this.counts.clear()
  }

  private schedule(): void {
    if (this.stopped) return
    this.timer = later(this.interval * (0.75 + random() / 2), () => void this.flush().finally(() => this.schedule()))
  }
}
