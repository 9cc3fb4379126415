/**
 * Where the focus goes when the control that has it is taken away. A button that takes an item out of a list is marked by data-remove,
 * the list by data-list, and what has the focus once the list is empty, or once a form is discarded or sent, by data-else.
 */
import { tick } from 'svelte'

/** Remembers the place of a control; what it returns gives the focus to what stands there now, if the focus was lost. */
export function placeOf(control: Element | null): () => void {
  const list = control?.closest('[data-list]')
  const items = (): HTMLElement[] => [...(list?.querySelectorAll<HTMLElement>('[data-remove]') ?? [])].filter((each) => each.closest('[data-list]') === list)
  const at = items().findIndex((each) => each === control)
  return () => {
    if (document.activeElement !== document.body) return
    if (control instanceof HTMLElement && control.isConnected) return control.focus()
    const left = at < 0 || !list?.isConnected ? [] : items()
    const next = left[at] ?? left.at(-1) ?? list?.querySelector<HTMLElement>('[data-else]') ?? document.querySelector<HTMLElement>('#main .head [data-else]')
    if (next?.isConnected) next.focus()
    else document.getElementById('main')?.focus()
  }
}

/** Does what a control began, and gives the focus back if it was lost meanwhile, as to a button that was disabled. */
export async function keepingFocus<T>(act: () => Promise<T>): Promise<T> {
  const place = placeOf(document.activeElement)
  try {
    return await act()
  } finally {
    await tick()
    place()
  }
}

/** Keeps the focus where a button takes itself away, alone or with its form. */
export function keepFocus(): void {
  addEventListener(
    'click',
    (event) => {
      const button = event.target instanceof Element ? event.target.closest('[data-remove], form button[type=button]') : null
      if (!button) return
      const place = placeOf(button)
      setTimeout(() => button.isConnected || place())
    },
    true,
  )
}
