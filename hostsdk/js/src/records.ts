import { compareText } from './engine/writer.js'
import { Reader, type Value } from './engine/reader.js'

/** A key, and the bytes that say what has it. */
export type Record = readonly [key: string, body: Uint8Array]

/** A loaded snapshot in parts. Its records stay as they are. */
export interface Parts {
  readonly conflict: Value
  readonly segments: readonly Record[]
  readonly flags: readonly Record[]
}

export function partsOf(snapshot: Uint8Array): Parts {
  const reader = new Reader(snapshot)
  reader.arrayHead()
  const header = reader.value() as Value[]
  const [conflict] = header[5] as Value[]
  return { conflict: conflict!, segments: reader.value() as unknown as Record[], flags: reader.value() as unknown as Record[] }
}

/** The keys of the records that differ between two lists that ascend by key. */
export function differing(before: readonly Record[], after: readonly Record[]): string[] {
  const keys: string[] = []
  for (let i = 0, j = 0; i < before.length || j < after.length; ) {
    const old = before[i]
    const next = after[j]
    const order = old === undefined ? 1 : next === undefined ? -1 : compareText(old[0], next[0])
    if (order < 0) keys.push(old![0])
    else if (order > 0 || !equal(old![1], next![1])) keys.push(next![0])
    if (order <= 0) i++
    if (order >= 0) j++
  }
  return keys
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
