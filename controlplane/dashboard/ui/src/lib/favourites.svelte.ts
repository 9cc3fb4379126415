const stored = 'gonfalon.favourites'

function read(): string[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(stored) ?? '[]')
    return Array.isArray(list) ? list.filter((each) => typeof each === 'string') : []
  } catch {
    return []
  }
}

/** The flags that this browser's user marked, in every environment. */
class Favourites {
  keys = $state.raw<ReadonlySet<string>>(new Set(read()))

  toggle(key: string): void {
    const next = new Set(this.keys)
    if (!next.delete(key)) next.add(key)
    this.keys = next
    localStorage.setItem(stored, JSON.stringify([...next]))
  }
}

export const favourites = new Favourites()
