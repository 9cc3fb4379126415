/**
 * What this browser keeps for its user. A browser that keeps nothing, or no more, is no reason to fail: it is then as if nothing had been kept.
 */

/** What is kept under a name; '' for nothing. */
export function kept(name: string): string {
  try {
    return localStorage.getItem(name) ?? ''
  } catch {
    return ''
  }
}

export function keep(name: string, text: string): void {
  try {
    localStorage.setItem(name, text)
  } catch {
    // as above
  }
}

/** The items of a list that is kept, without those that are no such items. */
export function keptList<T>(name: string, isItem: (each: unknown) => each is T): T[] {
  try {
    const list: unknown = JSON.parse(kept(name) || '[]')
    return Array.isArray(list) ? list.filter(isItem) : []
  } catch {
    return []
  }
}

/** Calls a function when another tab has kept something under a name. */
export function whenKept(name: string, run: () => void): void {
  addEventListener('storage', (event) => {
    if (event.key === name || event.key === null) run()
  })
}
