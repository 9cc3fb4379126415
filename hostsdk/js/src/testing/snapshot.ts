import { createHash } from 'node:crypto'
import type { Json } from '../context.js'
import { compareText, full, Writer } from '../engine/writer.js'

/** A flag as a test writes it: who is on, who is off, and what is served. */
export interface TestFlag {
  on: boolean
  killed: boolean
  /** The variant served while killed. */
  offVariant: string | undefined
  /** By actor and by group: 1 denied, 2 allowed. */
  readonly actors: Map<string, 1 | 2>
  readonly groups: Map<string, 1 | 2>
  /** Shares of actors, by name. */
  variants: ReadonlyMap<string, { readonly weight: number; readonly payload?: Json | undefined }>
}

/** Returns a flag to be changed, as it was or new. */
export function copyOf(flag?: TestFlag): TestFlag {
  const { actors, groups, ...rest } = flag ?? { on: false, killed: false, offVariant: undefined, variants: new Map() }
  return { ...rest, actors: new Map(actors), groups: new Map(groups) }
}

/** Scores are 16 bits of a hash. */
const scores = 65536

/**
 * A snapshot of these flags, as `engine/snapshot/FORMAT.md` describes it, so that tests are decided by the engine as well. Only
 * what tests need can be written: rules, percentages and schedules come in snapshots that `gonfalon compile` makes.
 */
export function snapshotOf(flags: ReadonlyMap<string, TestFlag>, environment: string, revision: number): Uint8Array<ArrayBuffer> {
  const counts = { slots: 0, variants: 0 }
  const records = sorted(flags).map(([key, flag]) => [key, record(flag, counts)] as const)
  return written((w) => {
    w.array(4)
    w.array(7)
    w.text('gonfalon')
    w.int(1)
    w.text(environment)
    binary(w, new Uint8Array(16))
    w.int(revision)
    w.array(1)
    w.int(0)
    w.array(12)
    for (const n of [records.length, 0, counts.slots, 0, 0, 0, counts.variants, 0, 0, 0, 0, 0]) w.int(n)
    w.array(0)
    w.array(records.length)
    for (const [key, body] of records) {
      w.array(2)
      w.text(key)
      binary(w, body)
    }
    w.raw(Uint8Array.of(0xc4, 32))
    w.raw(createHash('sha256').update(w.bytes.subarray(0, w.at)).digest())
  })
}

function record(flag: TestFlag, counts: { slots: number; variants: number }): Uint8Array {
  const variants = sorted(flag.variants)
  const total = variants.reduce((sum, [, { weight }]) => sum + weight, 0)
  counts.variants += variants.length
  counts.slots += slots(flag.actors.size) + slots(flag.groups.size)
  return written((w) => {
    w.array(10)
    w.int((flag.on ? 1 : 0) | (flag.killed ? 2 : 0))
    w.int(0)
    w.int(0)
    w.int(1 + variants.findIndex(([name]) => name === flag.offVariant))
    for (const targets of [flag.actors, flag.groups]) {
      w.array(2 * targets.size)
      for (const [name, state] of sorted(targets)) {
        w.text(name)
        w.int(state)
      }
    }
    w.array(0)
    w.array(variants.length)
    let sum = 0
    variants.forEach(([name, { weight, payload }], i) => {
      sum += weight
      w.array(3)
      w.text(name)
      w.int(i === variants.length - 1 ? scores : cut(sum, total))
      if (payload === undefined) w.byte(0xc0)
      else binary(w, new TextEncoder().encode(canonical(payload)))
    })
    w.array(0)
    w.array(0)
  })
}

/** The first score that isn't picked below a sum of weights. */
function cut(sum: number, total: number): number {
  let s = Math.max(Math.floor((sum / total) * scores) - 2, 0)
  while (s < scores && (s / scores) * total < sum) s++
  return s
}

/** The size of the table that a reader makes for n targets. */
function slots(n: number): number {
  if (n === 0) return 0
  let size = 2
  while (size < n + (n >> 1)) size *= 2
  return size
}

function canonical(v: Json): string {
  if (typeof v !== 'object' || v === null) return JSON.stringify(v)
  if (Array.isArray(v)) return `[${v.map(canonical).join(',')}]`
  return `{${sorted(new Map(Object.entries(v))).map(([name, item]) => `${JSON.stringify(name)}:${canonical(item as Json)}`).join(',')}}`
}

function sorted<T>(entries: ReadonlyMap<string, T>): [string, T][] {
  return [...entries].sort(([a], [b]) => compareText(a, b))
}

function binary(w: Writer, bytes: Uint8Array): void {
  const n = bytes.length
  if (n < 0x100) w.raw(Uint8Array.of(0xc4, n))
  else if (n < 0x10000) w.raw(Uint8Array.of(0xc5, n >> 8, n))
  else w.raw(Uint8Array.of(0xc6, n >> 24, n >> 16, n >> 8, n))
  w.raw(bytes)
}

/** What is written, in a buffer that grows until it fits: `write` may be called more than once. */
function written(write: (w: Writer) => void): Uint8Array<ArrayBuffer> {
  for (let size = 4096; ; size *= 4) {
    const w = new Writer()
    w.target(new ArrayBuffer(size), 0, size)
    try {
      write(w)
      return w.bytes.slice(0, w.at) as Uint8Array<ArrayBuffer>
    } catch (error) {
      if (error !== full) throw error
    }
  }
}
