const stored = 'gonfalon.views'

export interface View {
  readonly name: string
  readonly q: string
}

function read(): View[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(stored) ?? '[]')
    return Array.isArray(list) ? list.filter((each): each is View => typeof each?.name === 'string' && typeof each?.q === 'string') : []
  } catch {
    return []
  }
}

/** Searches that this browser's user keeps by name. */
class Views {
  list = $state.raw<readonly View[]>(read())

  keep(name: string, q: string): void {
    this.write([...this.list.filter((view) => view.name !== name), { name, q }])
  }

  forget(name: string): void {
    this.write(this.list.filter((view) => view.name !== name))
  }

  private write(list: readonly View[]): void {
    this.list = list
    localStorage.setItem(stored, JSON.stringify(list))
  }
}

export const views = new Views()
