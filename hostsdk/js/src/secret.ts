/** How short a token can be that is kept out of texts: what is shorter is a word that anybody may write. */
const shortest = 8

/** How much of a server's text a message repeats. */
const longest = 500

/** How deep an error is looked into for the token: as deep as consoles print it. */
const depth = 4

/** A token, kept where nothing shows it by accident: neither what prints its owner, nor what repeats a server's words. */
export class Secret {
  readonly #token: string | undefined
  readonly #pattern: RegExp | undefined

  constructor(token: string | undefined) {
    this.#token = token === undefined ? undefined : String(token)
    if (this.size >= shortest) this.#pattern = new RegExp(this.#token!.replaceAll(/[^\w]/g, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`), 'giu')
  }

  /** The token's length. */
  get size(): number {
    return this.#token?.length ?? 0
  }

  /** The value of an Authorization header; undefined without a token. */
  get authorization(): string | undefined {
    return this.#token === undefined ? undefined : `Bearer ${this.#token}`
  }

  /** Returns a text without the token. */
  hide(text: string): string {
    return this.#pattern === undefined ? text : text.replace(this.#pattern, '…')
  }

  /**
   * Returns a text from elsewhere as a part of a message: on one line, cut, and without the token.
   *
   * @param whole whether this is all of the text. If it isn't, it may end amid the token, and its end is left out.
   */
  line(text: string, whole = true): string {
    let line = this.hide(text)
    if (!whole && this.size > 1) line = line.slice(0, 1 - this.size)
    line = line.replaceAll(/[\s\p{C}]+/gu, ' ').trim()
    return line.length <= longest ? line : `${line.slice(0, longest)}…`
  }

  /** Returns an error as it is. If the token is in it, wherever printing shows it, it returns one with the message alone, without the token. */
  clean(thrown: unknown): Error {
    try {
      if (thrown instanceof Error && !this.isIn(thrown, 0)) return thrown
      return new Error(this.line(thrown instanceof Error ? thrown.message : String(thrown)))
    } catch {
      return new Error('something was thrown that throws when it is looked at')
    }
  }

  private isIn(value: unknown, level: number): boolean {
    if (this.#pattern === undefined) return false
    if (typeof value === 'string') return value.search(this.#pattern) >= 0
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || level === depth) return false
    return Object.getOwnPropertyNames(value).some((name) => this.isIn((value as Record<string, unknown>)[name], level + 1))
  }
}
