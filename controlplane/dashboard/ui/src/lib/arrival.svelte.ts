import { Refusal, said, type State } from './api'
import { live } from './live.svelte'
import { session } from './session.svelte'

export interface Saved {
  readonly text: string
  readonly state: State
  readonly revision: number
  /** What of it couldn't be done. */
  readonly problem?: string
  readonly undoLabel?: string
  /** Takes the change back, and says what stands then. */
  readonly undo?: () => Promise<Saved>
}

const undoFor = 10_000

/** The change that this page made last. It can be undone for ten seconds, and from the history always. */
class ArrivalBar {
  saved = $state.raw<Saved | undefined>()
  problem = $state('')
  /** Of which environment it was. */
  env = $state('')
  private timer: ReturnType<typeof setTimeout> | undefined
  private undoing = false

  show(saved: Saved, env = live.env): void {
    clearTimeout(this.timer)
    this.problem = saved.problem ?? ''
    this.saved = saved
    this.env = env
    if (env === live.env) live.arrived({ revision: saved.revision, time: new Date().toISOString(), ...(session.who ? { actor: session.who.name } : {}) })
    this.hold(false)
  }

  /** Keeps the bar while somebody is at it, and while it tells a problem; the ten seconds begin again when they leave. */
  hold(held: boolean): void {
    clearTimeout(this.timer)
    if (!held && this.saved && !this.saved.problem) this.timer = setTimeout(() => this.dismiss(), undoFor)
  }

  dismiss(): void {
    clearTimeout(this.timer)
    this.saved = undefined
  }

  async undo(): Promise<void> {
    const { saved, env } = this
    const undo = saved?.undo
    if (!undo || this.undoing) return
    clearTimeout(this.timer)
    this.undoing = true
    try {
      this.show(await undo(), env)
    } catch (error) {
      const late = error instanceof Refusal && error.status === 412
      this.problem = late ? 'Somebody changed it since then, so it isn’t undone. The history can bring it back.' : said(error)
    } finally {
      this.undoing = false
    }
  }
}

export const arrival = new ArrivalBar()
