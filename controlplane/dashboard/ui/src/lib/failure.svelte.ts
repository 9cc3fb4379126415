import { live } from './live.svelte'

/**
 * What saving failed with. It is told until something else is typed, or what was missing is back; what a check says about what is typed
 * takes nothing of it away.
 */
export class Failure {
  private said = $state.raw({ text: '', of: '' })

  constructor(private readonly typed: () => string) {}

  get text(): string {
    return this.said.of === this.of ? this.said.text : ''
  }

  tell(text: string): void {
    this.said = { text, of: this.of }
  }

  private get of(): string {
    return `${live.back} ${this.typed()}`
  }
}
