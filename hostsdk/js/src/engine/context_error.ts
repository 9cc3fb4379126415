/** The error of a context that can't be read: it is larger than the engine takes, or the program's own code threw. */
export class ContextError extends Error {
  override readonly name = 'ContextError'

  constructor(detail: string, cause?: unknown) {
    super(detail, { cause })
  }
}
