import { untrack } from 'svelte'
import { keep, kept, whenKept } from './kept'

const stored = 'gonfalon.keys'
const isSingle = (): boolean => kept(stored) !== 'off'

/** A key that does something on the page that is shown. */
export interface Key {
  readonly key: string // as in KeyboardEvent.key; "Control+k" for a chord
  readonly label: string
  readonly run: (event: KeyboardEvent) => void
  readonly shown?: string // in the foot and the list of keys
  readonly foot?: number // its place in the foot, if it is shown there
  readonly held?: boolean // it goes on while it is held; what others do is done once
}

/** The keys of the page and of what floats above it; those added last are asked first. */
class Keys {
  private sets = $state.raw<{ keys: readonly Key[]; modal: boolean }[]>([])
  /** Keys without Ctrl do something. Whoever speaks to a computer, or strikes keys by mistake, turns them off. */
  single = $state(isSingle())
  active = $derived.by(() => {
    const last = this.sets.findLastIndex((set) => set.modal)
    return this.sets.slice(Math.max(last, 0)).reverse().flatMap((set) => set.keys).filter((each) => this.single || each.key.length > 1)
  })

  constructor() {
    addEventListener('keydown', (event) => this.press(event))
    whenKept(stored, () => (this.single = isSingle()))
  }

  /** Adds keys until the function that it returns is called. Those of a modal set hide all that were added before. */
  add(keys: readonly Key[], modal = false): () => void {
    const set = { keys, modal }
    this.sets = [...untrack(() => this.sets), set] // an effect that adds keys doesn't depend on the others
    return () => {
      this.sets = untrack(() => this.sets).filter((each) => each !== set)
    }
  }

  /** The name of a key of one letter for aria-keyshortcuts; nothing while letters do nothing. */
  shortcut(key: string): string | undefined {
    return this.single ? key : undefined
  }

  choose(single: boolean): void {
    this.single = single
    keep(stored, single ? '' : 'off')
  }

  private press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) return
    const chord = (event.ctrlKey || event.metaKey ? 'Control+' : '') + (event.altKey ? 'Alt+' : '') + event.key
    if (isTyping(event.target) && event.key !== 'Escape' && (!chord.startsWith('Control+') || chord === 'Control+z')) return // a field undoes what was typed in it
    const found = this.active.find((each) => each.key === chord)
    if (!found) {
      if (event.key === 'Escape' && isTyping(event.target)) (event.target as HTMLElement).blur() // keys are the page's again
      return
    }
    event.preventDefault()
    if (!event.repeat || found.held) found.run(event)
  }
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('textarea, select, input:not([type=checkbox], [type=radio], [type=range])'))
}

export const keys = new Keys()
