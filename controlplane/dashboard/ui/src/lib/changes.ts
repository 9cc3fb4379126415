import type { AuditEntry } from './api'

/** What an entry is known by in a list. */
export function idOf({ environment, revision, time, action, key }: AuditEntry): string {
  return [environment, revision, time, action, key].join('\n')
}

/** Two parts of the audit as one, in which each entry stands once. */
export function joined(newer: readonly AuditEntry[], older: readonly AuditEntry[]): readonly AuditEntry[] {
  const there = new Set(newer.map(idOf))
  return [...newer, ...older.filter((entry) => !there.has(idOf(entry)))]
}

/** Reports whether two parts of the audit meet, so that nothing is missing between them. */
export function meet(newer: readonly AuditEntry[], older: readonly AuditEntry[]): boolean {
  const there = new Set(older.map(idOf))
  return newer.some((entry) => there.has(idOf(entry)))
}

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
