/** Where a client says what happens to it. `console` is one. */
export interface Logger {
  info(message: string, detail?: unknown): void
  warn(message: string, detail?: unknown): void
}

/** Says nothing. */
export const silent: Logger = { info() {}, warn() {} }

/** Warnings go to the console, the rest nowhere. */
export const warnings: Logger = { info() {}, warn: (message, detail) => console.warn('%s', message, detail ?? '') }

/** Tells the console of what was thrown, which may throw again when it is looked at. */
export function complain(message: string, thrown: unknown): void {
  try {
    console.error('%s', message, thrown)
  } catch {
    console.error('%s', message)
  }
}

/** A program's logger, of which no decision fails because it throws. */
export function guarded(logger: Logger): Logger {
  const guard =
    (level: keyof Logger) =>
    (message: string, detail?: unknown): void => {
      try {
        logger[level](message, detail)
      } catch (error) {
        complain(`gonfalon: the logger threw at "${message}"`, error)
      }
    }
  return { info: guard('info'), warn: guard('warn') }
}
