import { untrack } from 'svelte'
import { perhaps } from './api'
import { live } from './live.svelte'

/** What saving failed with. What a check says about what is typed takes nothing of it away. */
export class Failure {
  text = $state('')
  private back = live.back

  /**
   * Drops what no longer holds. Effects call it that run when something else is typed, or what was missing is back; that what was sent may
   * have been done all the same holds on then.
   */
  outdate(): void {
    const back = live.back !== this.back
    this.back = live.back
    untrack(() => {
      if (!back || !this.text.includes(perhaps)) this.text = ''
    })
  }
}
