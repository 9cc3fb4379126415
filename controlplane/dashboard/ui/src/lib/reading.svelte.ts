import { said } from './api'

/**
 * What a page reads again after each change. Two answers can be on their way at once, and come in another order: one that comes after the
 * answer to a later question says what no longer holds, and isn't shown.
 */
export class Reading {
  /** Why the last question has no answer; "" if it has one. */
  failure = $state('')
  /** Some answer was shown, to what the page is about now. */
  loaded = $state(false)
  private asked = 0
  private shown = 0

  /** Asks, and shows the answer. A refusal doesn't reject: it is the failure. */
  async read<T>(ask: () => Promise<T>, show: (answer: T) => void): Promise<void> {
    const turn = ++this.asked
    const come = await ask().then((answer) => () => {
      this.failure = ''
      this.loaded = true
      show(answer)
    }, (error: unknown) => () => {
      this.failure = said(error)
    })
    if (turn <= this.shown) return
    this.shown = turn
    come()
  }

  /** Drops the answers to all questions until now: what is shown is newer. */
  overtake(): void {
    this.shown = this.asked
  }

  /** Drops them since the page is about something else, of which nothing is shown yet. */
  forget(): void {
    this.overtake()
    this.loaded = false
    this.failure = ''
  }
}
