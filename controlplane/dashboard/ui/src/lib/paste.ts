/** What is pasted is cleaned first: a byte order mark, line ends and spaces around a value are the clipboard's, and nobody's meaning. */

const invisible = /[\uFEFF\u200B\u2060]/g
const separated = /\s*"[^"\r\n]*"\s*(?=[,\t\r\n]|$)|[^,\t\r\n]+/g
const listed = /[,\t\r\n]/

/** Reads a list as it is typed or pasted: on lines, or between commas or tabs. An entry that has one of these in it is quoted. */
export function entriesIn(text: string): string[] {
  const found = [...text.replace(invisible, '').replace(/[\u2028\u2029]/g, '\n').matchAll(separated)].map(([entry]) => entry.trim())
  return found.map((entry) => (/^".*"$/.test(entry) && listed.test(entry) ? entry.slice(1, -1) : entry)).filter((entry) => entry !== '')
}

/** Says at a field why something isn't taken, until somebody goes on. */
export function refuse(field: HTMLInputElement, why: string): void {
  field.setCustomValidity(why)
  field.reportValidity()
  for (const event of ['input', 'keydown', 'blur']) field.addEventListener(event, () => field.setCustomValidity(''), { once: true })
}

/** The text that a paste would leave in a field, if what is pasted is a list. */
export function pastedList(event: ClipboardEvent & { currentTarget: HTMLInputElement }): string | undefined {
  const { currentTarget: field, clipboardData } = event
  const text = clipboardData?.getData('text') ?? ''
  if (!listed.test(text.replace(invisible, '').trim())) return undefined
  event.preventDefault()
  return field.value.slice(0, field.selectionStart ?? 0) + text + field.value.slice(field.selectionEnd ?? 0)
}

/** Cleans what is pasted into any field. Lines become one in prose; a key or a value is one line, and more are refused in words. */
export function cleanPastes(): void {
  document.addEventListener('paste', (event) => {
    const { target: field, clipboardData } = event
    const text = clipboardData?.getData('text') ?? ''
    if (event.defaultPrevented || !(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) || text === '') return
    let clean = text.replace(invisible, '')
    if (field instanceof HTMLInputElement) {
      const lines = clean.split(/[\r\n\u2028\u2029]+/).filter((line) => line.trim() !== '')
      const exact = field.matches('.mono, .chips input')
      if (exact && lines.length > 1) {
        event.preventDefault()
        return refuse(field, `These are ${lines.length} lines, and this takes one: nothing was pasted.`)
      }
      clean = lines.join(' ')
      if (exact) clean = clean.trim()
    }
    if (clean === text) return
    event.preventDefault()
    document.execCommand('insertText', false, clean)
  })
}
