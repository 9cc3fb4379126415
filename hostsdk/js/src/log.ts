/** Where a client says what happens to it. `console` is one. */
export interface Logger {
  info(message: string, detail?: unknown): void
  warn(message: string, detail?: unknown): void
}

/** Says nothing. */
export const silent: Logger = { info() {}, warn() {} }

/** Warnings go to the console, the rest nowhere. */
export const warnings: Logger = { info() {}, warn: (message, detail) => console.warn('%s', message, detail ?? '') }

/** Tells the console of what was thrown. It never throws. */
export function complain(message: string, thrown: unknown): void {
  for (const said of [[message, thrown], [message]]) {
    try {
      return console.error('%s', ...said)
    } catch {
      // What was thrown may throw again when it is looked at, and a program's own console whenever it likes.
    }
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
