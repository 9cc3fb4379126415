import { compareText } from './engine/writer.js'
import { Reader } from './engine/reader.js'

type Record = [key: string, body: Uint8Array]

/**
 * The keys of the records that differ between two loaded snapshots, ascending. It looks at keys and compares bytes; what a
 * record says is the engine's to know.
 */
export function changes(before: Uint8Array | undefined, after: Uint8Array): { segments: string[]; flags: string[] } {
  const [oldSegments, oldFlags] = records(before)
  const [segments, flags] = records(after)
  return { segments: differing(oldSegments, segments), flags: differing(oldFlags, flags) }
}

function records(snapshot: Uint8Array | undefined): [Record[], Record[]] {
  if (snapshot === undefined) return [[], []]
  const reader = new Reader(snapshot)
  reader.arrayHead()
  reader.value() // the header
  return [reader.value() as unknown as Record[], reader.value() as unknown as Record[]]
}

/** Merges two lists that ascend by key. */
function differing(before: Record[], after: Record[]): string[] {
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
