import type { AuditEntry } from './api'

/** An entry's changes in the server's lines. What isn't the entry's own subject is named. */
export function linesOf(entry: AuditEntry): readonly string[] {
  return entry.changes.flatMap((change) => {
    const name = change.key === entry.key ? change.kind : `${change.kind} ${change.key}`
    if (change.op === 'delete') return [`- ${name}`]
    if (change.op === 'create') return [`+ ${name}`, ...(change.key === entry.key ? change.lines : [])]
    if (change.lines.length === 0) return [`~ ${name}`]
    return change.key === entry.key ? change.lines : change.lines.map((line) => `${line.slice(0, 2)}${name}: ${line.slice(2)}`)
  })
}
