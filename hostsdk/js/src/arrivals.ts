import { furthest } from './source/pause.js'

/** Calls that wait for a revision to serve. Their timers keep a program of Node running, since it waits for them. */
export class Arrivals {
  private readonly waiting = new Set<{ readonly revision: number; readonly settle: (error?: Error) => void }>()

  /** Resolves when the revision or a later one serves; rejects when the time is up, or the client closes. */
  wait(revision: number, ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer)
        this.waiting.delete(call)
        if (error === undefined) resolve()
        else reject(error)
      }
      const late = (): void => settle(new DOMException(`gonfalon: revision ${revision} doesn't serve after ${ms} ms`, 'TimeoutError'))
      const timer = setTimeout(late, Math.min(ms, furthest))
      const call = { revision, settle }
      this.waiting.add(call)
    })
  }

  /** A revision serves. */
  reach(revision: number | undefined): void {
    if (revision === undefined) return
    for (const call of this.waiting) if (call.revision <= revision) call.settle()
  }

  /** Nothing comes any more. */
  end(): void {
    for (const call of this.waiting) call.settle(new Error('gonfalon: the client is closed'))
  }
}
