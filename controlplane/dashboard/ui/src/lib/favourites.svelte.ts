import { keep, keptList, whenKept } from './kept'

const stored = 'gonfalon.favourites'

const read = (): ReadonlySet<string> => new Set(keptList(stored, (each) => typeof each === 'string'))

/** The flags that this browser's user marked, in every environment. */
class Favourites {
  keys = $state.raw(read())

  constructor() {
    whenKept(stored, () => (this.keys = read()))
  }

  toggle(key: string): void {
    const next = new Set(this.keys)
    if (!next.delete(key)) next.add(key)
    this.keys = next
    keep(stored, JSON.stringify([...next]))
  }
}

export const favourites = new Favourites()
