/** Where a client says what happens to it. `console` is one. */
export interface Logger {
  info(message: string, detail?: unknown): void
  warn(message: string, detail?: unknown): void
}

/** Says nothing. */
export const silent: Logger = { info() {}, warn() {} }

/** Warnings go to the console, the rest nowhere. */
export const warnings: Logger = { info() {}, warn: (message, detail) => console.warn(message, detail ?? '') }
