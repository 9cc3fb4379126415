import { said, type State } from './api'
import { live } from './live.svelte'
import { session } from './session.svelte'

export interface Saved {
  readonly text: string
  readonly state: State
  readonly revision: number
  readonly undoLabel?: string
  /** Takes the change back, and says what stands then. */
  readonly undo?: () => Promise<Saved>
}

const undoFor = 10_000

/** The change that this page made last. It can be undone for ten seconds, and from the history always. */
class ArrivalBar {
  saved = $state.raw<Saved | undefined>()
  problem = $state('')
  private timer: ReturnType<typeof setTimeout> | undefined
  private undoing = false

  show(saved: Saved): void {
    clearTimeout(this.timer)
    this.problem = ''
    this.saved = saved
    live.arrived({ revision: saved.revision, time: new Date().toISOString(), ...(session.who ? { actor: session.who.name } : {}) })
    this.hold(false)
  }

  /** Keeps the bar while somebody is at it; the ten seconds begin again when they leave. */
  hold(held: boolean): void {
    clearTimeout(this.timer)
    if (!held && this.saved) this.timer = setTimeout(() => this.dismiss(), undoFor)
  }

  dismiss(): void {
    clearTimeout(this.timer)
    this.saved = undefined
  }

  async undo(): Promise<void> {
    const undo = this.saved?.undo
    if (!undo || this.undoing) return
    clearTimeout(this.timer)
    this.undoing = true
    try {
      this.show(await undo())
    } catch (error) {
      this.problem = said(error)
    } finally {
      this.undoing = false
    }
  }
}

export const arrival = new ArrivalBar()
