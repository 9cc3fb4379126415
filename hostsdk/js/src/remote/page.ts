/** Why a hidden page let its stream go. */
export const pageHidden = new Error('the page is hidden')

/** How long a hidden page keeps its stream, in seconds, if the server says nothing. */
const hiddenDelay = 120

/** Aborts when the page has been hidden for a while, where there is a page. */
export class Hiding {
  private readonly controller = new AbortController()
  private timer: ReturnType<typeof setTimeout> | undefined
  readonly signal = this.controller.signal

  /** @param delay in seconds. */
  constructor(private readonly delay = hiddenDelay) {
    if (typeof document === 'undefined') return
    document.addEventListener('visibilitychange', this.look)
    this.look()
  }

  stop(): void {
    clearTimeout(this.timer)
    if (typeof document !== 'undefined') document.removeEventListener('visibilitychange', this.look)
  }

  private readonly look = (): void => {
    clearTimeout(this.timer)
    if (document.visibilityState === 'hidden') this.timer = setTimeout(() => this.controller.abort(pageHidden), this.delay * 1000)
  }
}

/** Resolves when the page is shown; rejects with the signal's reason if that aborts before. */
export function shown(signal: AbortSignal): Promise<void> {
  if (typeof document === 'undefined' || document.visibilityState === 'visible') return Promise.resolve()
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (document.visibilityState === 'visible') finish(resolve)
    }
    const stop = (): void => finish(() => reject(signal.reason as Error))
    const finish = (end: () => void): void => {
      document.removeEventListener('visibilitychange', look)
      signal.removeEventListener('abort', stop)
      end()
    }
    document.addEventListener('visibilitychange', look)
    signal.addEventListener('abort', stop)
  })
}
