import type { Attachment } from 'svelte/attachments'

const long = 300 // milliseconds, within which Enter is pressed by habit

/**
 * Ignores Enter in the form of a dialog while its key is held, and until the dialog can have been read: counted from its first paint, and
 * again from each look at what it would do. The second click of two does nothing either.
 */
export function onceSeen(_look = 0): Attachment<HTMLFormElement> {
  return (form) => {
    let painted = Infinity
    let frame = requestAnimationFrame(() => (frame = requestAnimationFrame((now) => (painted = now)))) // the second frame follows the first paint
    const press = (event: KeyboardEvent): void => {
      if (event.key === 'Enter' && (event.repeat || event.timeStamp < painted + long)) event.preventDefault()
    }
    const click = (event: MouseEvent): void => {
      if (event.detail > 1 && event.target instanceof Element && event.target.closest('button:not([type=button])')) event.preventDefault()
    }
    form.addEventListener('keydown', press)
    form.addEventListener('click', click)
    return () => {
      cancelAnimationFrame(frame)
      form.removeEventListener('keydown', press)
      form.removeEventListener('click', click)
    }
  }
}
