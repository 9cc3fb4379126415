import { inFull, Refusal, said, type Fault } from './api'

/** What a form that sends something shows: that it is busy, and what the server finds wrong, by field or as a whole. */
export class Form {
  busy = $state(false)
  problem = $state('')
  private refused = $state.raw<readonly Fault[]>([])

  /** What is wrong with a field, or below it. */
  of(pointer: string): readonly string[] {
    return this.refused.filter((fault) => fault.pointer.startsWith(pointer)).map(inFull)
  }

  /** Everything that is wrong. */
  get all(): readonly string[] {
    return [...this.of(''), ...(this.problem ? [this.problem] : [])]
  }

  clear(): void {
    this.problem = ''
    this.refused = []
  }

  /** Does what the form is for, and reads a refusal. */
  async run(act: () => Promise<void>): Promise<void> {
    this.busy = true
    this.clear()
    try {
      await act()
    } catch (error) {
      if (error instanceof Refusal) this.refused = error.faults
      if (this.refused.length === 0) this.problem = said(error)
    } finally {
      this.busy = false
    }
  }
}
