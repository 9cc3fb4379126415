import type { Attachment } from 'svelte/attachments'

const long = 300 // milliseconds, within which Enter is pressed by habit

/** Ignores Enter in the form of a dialog while its key is held, and until the dialog can have been read: counted from its first paint. */
export const onceSeen: Attachment<HTMLFormElement> = (form) => {
  let painted = Infinity
  let frame = requestAnimationFrame(() => (frame = requestAnimationFrame((now) => (painted = now)))) // the second frame follows the first paint
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.repeat || event.timeStamp < painted + long)) event.preventDefault()
  })
  return () => cancelAnimationFrame(frame)
}
