/** A text as a JSON string in which whatever could change how a line is shown is escaped. */
export function quoted(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  const escaped = text.replace(/["\\]|[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (c) => {
    const simple = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r' }[c]
    return simple ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
  return `"${escaped}"`
}

/** How much of a text a log repeats. */
const longest = 200

/** A text in quotes as a log repeats it: one that is long is cut. */
export const short = (text: string): string => (text.length <= longest ? quoted(text) : `${quoted(text.slice(0, longest))}…`)

/** A key, or the name of an attribute or a target, in quotes unless it is a plain word. */
export const name = (text: string): string => (/^[\w.:@/-]+$/.test(text) ? text : quoted(text))
