import { execFileSync } from 'node:child_process'
import { Reader } from '../../src/engine/reader.ts'
import { Writer } from '../../src/engine/writer.ts'
import { equal } from '../../src/records.ts'
import { gonfalon as binary } from '../../scripts/gonfalon.mjs'

export { binary }

export interface Document {
  readonly flags: readonly object[]
  readonly segments?: readonly object[]
  readonly settings?: object
}

export interface Header {
  readonly revision?: number | string
  readonly lineage?: string
  readonly env?: string
}

export const lineageA = 'a'.repeat(32)
export const lineageB = 'b'.repeat(32)

/** A snapshot of these flags, compiled by the gonfalon binary. */
export function compile(document: Document, { revision = 1, lineage = lineageA, env = 'default' }: Header = {}): Uint8Array {
  const out = execFileSync(binary, ['compile', '-', '-o', '-', '--revision', String(revision), '--lineage', lineage, '--env', env], {
    input: JSON.stringify(document),
    stdio: 'pipe',
    maxBuffer: 64 << 20,
  })
  return new Uint8Array(out)
}

/** A flag whose boolean gate is on or off. */
export function boolean(key: string, enabled = true): object {
  return { key, gates: [{ type: 'boolean', enabled }] }
}

type Entry = [string, Uint8Array]

/** The delta between two snapshots, as `engine/snapshot/FORMAT.md` describes it. */
export function delta(base: Uint8Array, next: Uint8Array): Uint8Array {
  const [, before] = parts(base)
  const [header, after] = parts(next)
  const w = new Writer()
  w.target(new ArrayBuffer(next.length + base.length + 1024), 0, next.length + base.length + 1024)
  w.array(5)
  w.raw(header)
  bin(w, base.slice(-32))
  for (const kind of [0, 1] as const) {
    const keys = [...new Set([...before[kind].keys(), ...after[kind].keys()])].sort()
    const changed = keys.filter((key) => {
      const [old, now] = [before[kind].get(key), after[kind].get(key)]
      return old === undefined || now === undefined || !equal(old, now)
    })
    w.array(changed.length)
    for (const key of changed) {
      w.array(2)
      w.text(key)
      const body = after[kind].get(key)
      if (body === undefined) w.byte(0xc0)
      else bin(w, body)
    }
  }
  bin(w, next.slice(-32))
  return w.bytes.slice(0, w.at)
}

function parts(snapshot: Uint8Array): [header: Uint8Array, [Map<string, Uint8Array>, Map<string, Uint8Array>]] {
  const reader = new Reader(snapshot)
  reader.arrayHead()
  const start = reader.at
  reader.value()
  const header = snapshot.slice(start, reader.at)
  const lists = [0, 1].map(() => new Map(reader.value() as unknown as Entry[]))
  return [header, [lists[0]!, lists[1]!]]
}

function bin(w: Writer, bytes: Uint8Array): void {
  const n = bytes.length
  w.raw(n < 256 ? Uint8Array.of(0xc4, n) : n < 65536 ? Uint8Array.of(0xc5, n >> 8, n) : Uint8Array.of(0xc6, n >> 24, n >> 16, n >> 8, n))
  w.raw(bytes)
}
