import { tick } from 'svelte'

/**
 * Where the focus goes when a page is gone to, and when the control that has it is taken away. A button that takes an item out of a list
 * is marked by data-remove, the list by data-list, and what has the focus once the list is empty, or once a form is discarded or sent,
 * by data-else.
 */

let arriving = false

/** Gives the focus to the heading of the page that was just gone to, once it is there; a field that asks for the focus gets it instead. */
export function arrive(): void {
  arriving = true
  settle()
}

function settle(): void {
  const wanted = arriving && document.querySelector<HTMLElement>('#main [autofocus], #main h1')
  if (!wanted) return
  arriving = false
  const field = document.querySelector<HTMLElement>('#main [autofocus]')
  if (field) field.focus()
  else toHeading()
}

/** Gives the focus to the heading if what had it is disabled: the form is saved, refused or discarded, and stays. */
export async function refocus(): Promise<void> {
  await tick()
  if (document.activeElement === document.body || document.activeElement?.matches(':disabled')) toHeading()
}

/** Gives the focus to the heading of the page, so that it is read from there. */
function toHeading(): void {
  const heading = document.querySelector<HTMLElement>('#main h1') ?? document.getElementById('main')
  if (!heading) return
  heading.tabIndex = -1
  heading.focus({ preventScroll: true })
}

/** Remembers the place of a control; what it returns gives the focus to what stands there now, if the focus was lost. */
export function placeOf(control: Element | null): () => void {
  const list = control?.closest('[data-list]')
  const items = (): HTMLElement[] => [...(list?.querySelectorAll<HTMLElement>('[data-remove]') ?? [])].filter((each) => each.closest('[data-list]') === list)
  const at = items().findIndex((each) => each === control)
  return () => {
    if (document.activeElement !== document.body) return
    if (control instanceof HTMLElement && control !== document.body && control.isConnected) control.focus()
    const left = at < 0 || !list?.isConnected ? [] : items()
    const next = left[at] ?? left.at(-1) ?? list?.querySelector<HTMLElement>('[data-else]') ?? document.querySelector<HTMLElement>('#main .head [data-else]')
    if (document.activeElement === document.body && next?.isConnected) next.focus()
    if (document.activeElement === document.body) toHeading()
  }
}

/**
 * Keeps the focus in the page: where what has it goes away, or was disabled while something was sent. A row that is scrolled out of a long
 * list is left alone, since browsers remember where it was.
 */
export function keepFocus(): void {
  let had: HTMLElement | undefined
  let place = (): void => {}
  let disabled = false
  addEventListener('focusin', ({ target }) => {
    if (!(target instanceof HTMLElement)) return
    had = target.closest('[role="table"] [role="row"], .card') ? undefined : target
    place = placeOf(target)
    disabled = false
  })
  const look = (): void => {
    if (!had || (had.isConnected && !disabled) || had.matches(':disabled')) return
    place()
    disabled = false
  }
  new MutationObserver(() => {
    settle()
    disabled ||= had?.matches(':disabled') ?? false
    if (had && (disabled || !had.isConnected)) setTimeout(look) // whoever takes something away may give the focus to something else
  }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['disabled'] })
}
