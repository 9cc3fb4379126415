import { keep, keptList, whenKept } from './kept'

const stored = 'gonfalon.views'

export interface View {
  readonly name: string
  readonly q: string
}

function isView(each: unknown): each is View {
  return typeof each === 'object' && each !== null && 'name' in each && typeof each.name === 'string' && 'q' in each && typeof each.q === 'string'
}

function read(): readonly View[] {
  return [...new Map(keptList(stored, isView).map((view) => [view.name, view])).values()]
}

/** Searches that this browser's user keeps by name. */
class Views {
  list = $state.raw(read())

  constructor() {
    whenKept(stored, () => (this.list = read()))
  }

  keep(name: string, q: string): void {
    this.write([...this.list.filter((view) => view.name !== name), { name, q }])
  }

  forget(name: string): void {
    this.write(this.list.filter((view) => view.name !== name))
  }

  private write(list: readonly View[]): void {
    this.list = list
    keep(stored, JSON.stringify(list))
  }
}

export const views = new Views()
