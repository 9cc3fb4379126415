import { maxAttributes, maxListed, maxNesting } from '../context.js'
import { ContextError } from './context_error.js'

const encoder = new TextEncoder()

/** Texts up to here are written by a loop as long as they are ASCII, which beats TextEncoder on short ones. */
const shortText = 48

/** Bytes that were written once, to be written again: in words, of which the last is filled up with zeros. */
export interface Piece {
  readonly words: Uint32Array
  readonly size: number
}

/** Makes a piece of bytes. */
export function pieceOf(bytes: Uint8Array): Piece {
  const size = bytes.length
  const words = new Uint32Array((size + 3) >>> 2)
  const view = new DataView(words.buffer)
  for (let i = 0; i < size; i++) view.setUint8(i, bytes[i]!)
  for (let i = 0; i < words.length; i++) words[i] = view.getUint32(4 * i, true)
  return { words, size }
}

/** The name of an attribute that a flag looks at. */
export interface Name {
  readonly text: string
  readonly written: Piece
  /** Every plain object inherits something of this name, which is no attribute. */
  readonly inherited: boolean
}

/** Thrown when the buffer is full. The owner of the buffer then makes it larger and writes again. */
export const full = new Error('the request buffer is full')

/** Thrown when an attribute has more values than are read. It is null then. */
const tooLarge = new Error(`an attribute has more than ${maxListed} values`)

/**
 * Writes msgpack straight into memory, every value in its shortest form. It doesn't own the memory: `bytes` and `view` are
 * replaced when the module's memory grows.
 */
export class Writer {
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = new DataView(this.bytes.buffer)
  at = 0
  end = 0

  /** Whether a text had code units that aren't valid Unicode, and has U+FFFD for them. */
  private replaced = false
  /** How many values the lists and maps of the attribute may still have. */
  private left = 0

  /** @param onLarge is called with an attribute that has more values than are read. */
  constructor(readonly onLarge: (value: unknown) => void = () => {}) {}

  /** Writes into `size` bytes of a buffer from `start` on. */
  target(buffer: ArrayBuffer, start: number, size: number): void {
    this.bytes = new Uint8Array(buffer)
    this.view = new DataView(buffer)
    this.at = start
    this.end = start + size
  }

  byte(value: number): void {
    if (this.at >= this.end) throw full
    this.bytes[this.at++] = value
  }

  raw(source: Uint8Array): void {
    if (this.at + source.length > this.end) throw full
    this.bytes.set(source, this.at)
    this.at += source.length
  }

  /** Writes a piece, a word at a time. What its last word is filled up with is written over by what comes next. */
  piece({ words, size }: Piece): void {
    const { view, at } = this
    const n = words.length
    if (at + 4 * n > this.end) throw full
    for (let i = 0; i < n; i++) view.setUint32(at + 4 * i, words[i]!, true)
    this.at = at + size
  }

  text(s: string): void {
    const n = s.length
    if (n > shortText) return this.longText(s)
    let at = this.at
    if (at + 2 + n > this.end) throw full
    const bytes = this.bytes
    if (n < 32) bytes[at++] = 0xa0 | n
    else {
      bytes[at++] = 0xd9
      bytes[at++] = n
    }
    for (let i = 0; i < n; i++) {
      const c = s.charCodeAt(i)
      if (c > 0x7f) return this.longText(s)
      bytes[at++] = c
    }
    this.at = at
  }

  /** The head's size is guessed from the text's length, and the text moved where the guess was wrong. */
  private longText(s: string): void {
    if (!s.isWellFormed()) this.replaced = true
    const guess = headSize(s.length)
    const start = this.at + guess
    if (start > this.end) throw full
    const { read, written } = encoder.encodeInto(s, this.bytes.subarray(start, this.end))
    if (read < s.length) throw full
    const size = headSize(written)
    if (size !== guess) {
      if (this.at + size + written > this.end) throw full
      this.bytes.copyWithin(this.at + size, start, start + written)
    }
    if (size === 1) this.bytes[this.at] = 0xa0 | written
    else if (size === 2) this.bytes.set([0xd9, written], this.at)
    else if (size === 3) {
      this.bytes[this.at] = 0xda
      this.view.setUint16(this.at + 1, written)
    } else {
      this.bytes[this.at] = 0xdb
      this.view.setUint32(this.at + 1, written)
    }
    this.at += size + written
  }

  /** An integer within ±2^53. */
  int(v: number): void {
    if (v >= 0 && v < 0x80) return this.byte(v)
    if (this.at + 9 > this.end) throw full
    const { view, at } = this
    if (v >= 0) {
      if (v < 0x100) this.head(0xcc, 1, v)
      else if (v < 0x10000) this.head(0xcd, 2, v)
      else if (v < 0x100000000) this.head(0xce, 4, v)
      else {
        view.setUint8(at, 0xcf)
        view.setUint32(at + 1, v / 0x100000000)
        view.setUint32(at + 5, v)
        this.at = at + 9
      }
    } else if (v >= -32) this.byte(v & 0xff)
    else if (v >= -0x80) this.head(0xd0, 1, v)
    else if (v >= -0x8000) this.head(0xd1, 2, v)
    else if (v >= -0x80000000) this.head(0xd2, 4, v)
    else {
      view.setUint8(at, 0xd3)
      view.setInt32(at + 1, Math.floor(v / 0x100000000))
      view.setUint32(at + 5, v)
      this.at = at + 9
    }
  }

  /** Now and roll: two integers of 64 bits, in halves and of fixed width. */
  chance(nowHigh: number, nowLow: number, rollHigh: number, rollLow: number): void {
    const { at, bytes, view } = this
    if (at + 18 > this.end) throw full
    bytes[at] = 0xd3
    view.setUint32(at + 1, nowHigh)
    view.setUint32(at + 5, nowLow)
    bytes[at + 9] = 0xd3
    view.setUint32(at + 10, rollHigh)
    view.setUint32(at + 14, rollLow)
    this.at = at + 18
  }

  number(v: number): void {
    if (Number.isSafeInteger(v) || Math.abs(v) === 2 ** 53) return this.int(v)
    if (!Number.isFinite(v)) return this.byte(0xc0)
    if (this.at + 9 > this.end) throw full
    this.bytes[this.at] = 0xcb
    this.view.setFloat64(this.at + 1, v)
    this.at += 9
  }

  bigint(v: bigint): void {
    if (v >= -9007199254740992n && v <= 9007199254740992n) return this.int(Number(v))
    if (BigInt.asIntN(64, v) === v) {
      if (this.at + 9 > this.end) throw full
      this.bytes[this.at] = v < 0n ? 0xd3 : 0xcf
      this.view.setBigInt64(this.at + 1, v)
      this.at += 9
      return
    }
    const digits = v.toString()
    const n = digits.length
    if (this.at + 6 + n > this.end) throw full
    if (n < 0x100) this.head(0xc7, 1, n)
    else if (n < 0x10000) this.head(0xc8, 2, n)
    else this.head(0xc9, 4, n)
    this.byte(1)
    encoder.encodeInto(digits, this.bytes.subarray(this.at, this.at + n))
    this.at += n
  }

  array(n: number): void {
    this.container(n, 0x90, 0xdc)
  }

  map(n: number): void {
    this.container(n, 0x80, 0xde)
  }

  private container(n: number, fixed: number, wide: number): void {
    if (n < 16) this.byte(fixed | n)
    else if (n < 0x10000) this.head(wide, 2, n)
    else this.head(wide + 1, 4, n)
  }

  private head(type: number, width: 1 | 2 | 4, v: number): void {
    const at = this.at
    if (at + 1 + width > this.end) throw full
    this.bytes[at] = type
    if (width === 1) this.view.setUint8(at + 1, v)
    else if (width === 2) this.view.setUint16(at + 1, v)
    else this.view.setUint32(at + 1, v)
    this.at = at + 1 + width
  }

  /** Any value as an attribute; what is no attribute is null. */
  value(v: unknown, depth: number): void {
    switch (typeof v) {
      case 'string':
        return this.text(v)
      case 'number':
        return this.number(v)
      case 'boolean':
        return this.byte(v ? 0xc3 : 0xc2)
      case 'bigint':
        return this.bigint(v)
      case 'object':
        return this.object(v, depth)
      default:
        return this.byte(0xc0)
    }
  }

  private object(v: object | null, depth: number): void {
    if (v === null) return this.byte(0xc0)
    if (v instanceof Date) return this.time(v)
    if (depth >= maxNesting) return this.byte(0xc0)
    if (Array.isArray(v)) {
      const n: unknown = v.length // of a proxy it may be anything
      if (typeof n !== 'number' || !Number.isInteger(n) || n < 0) return this.byte(0xc0)
      this.spend(n)
      this.array(n)
      for (let i = 0; i < n; i++) this.value(v[i], depth + 1)
      return
    }
    if (!isMap(v)) return this.byte(0xc0)
    this.spend(v instanceof Map ? v.size : Object.keys(v).length)
    const entries = sortedEntries(v)
    this.map(entries.length)
    for (const [name, value] of entries) {
      this.text(name)
      this.value(value, depth + 1)
    }
  }

  private spend(values: number): void {
    this.left -= values
    if (this.left < 0) throw tooLarge
  }

  /** ISO 8601 in UTC, without a fraction's trailing zeros. */
  private time(v: Date): void {
    if (Number.isNaN(v.getTime())) return this.byte(0xc0)
    this.text(v.toISOString().replace(/\.?0*Z$/, 'Z'))
  }

  /** A time and a chance that nobody asks for. */
  zeros(): void {
    if (this.at + 2 > this.end) throw full
    this.view.setUint16(this.at, 0)
    this.at += 2
  }

  /** Those of the named attributes that there are. */
  named(names: readonly Name[], attributes: object | null | undefined): void {
    const start = this.at
    this.byte(0x80)
    if (attributes === null || attributes === undefined) return
    const plain = Object.getPrototypeOf(attributes) === Object.prototype
    if (names.length > 0 && hasMany(attributes)) throw tooMany()
    let n = 0
    for (const { text, written, inherited } of names) {
      const value = read(attributes, text)
      if (value === undefined || ((inherited || !plain) && !Object.hasOwn(attributes, text))) continue
      this.piece(written)
      this.attribute(value)
      n++
    }
    this.bytes[start] = 0x80 | n
  }

  /** The value of an attribute. */
  attribute(value: unknown): void {
    if (typeof value === 'string') return this.text(value)
    if (typeof value !== 'object') return this.value(value, 0)
    const start = this.at
    this.left = maxListed
    try {
      this.object(value, 0)
    } catch (error) {
      if (error !== tooLarge) throw error
      this.at = start
      this.byte(0xc0)
      this.onLarge(value)
    }
  }

  /**
   * The context's attributes in the order of the object, which nothing depends on as long as they are few and their names
   * differ; else as {@link all}.
   */
  attributes(attributes: object | null | undefined): void {
    const start = this.at
    this.byte(0x80)
    if (attributes === null || attributes === undefined) return
    let n = 0
    this.replaced = false
    for (const name of Object.keys(attributes)) {
      if (n++ === 15) break
      this.text(name)
      this.attribute(read(attributes, name))
    }
    if (n < 16 && !this.replaced) {
      this.bytes[start] = 0x80 | n
      return
    }
    this.all(start, attributes)
  }

  /** All attributes, ascending by name; of two with one name, once it is valid Unicode, the later. */
  private all(start: number, values: object): void {
    this.at = start
    if (hasMany(values)) throw tooMany()
    const entries = sortedEntries(values)
    if (entries.length > maxAttributes) throw new ContextError(`the context has more than ${maxAttributes} attributes`)
    this.map(entries.length)
    for (const [name, value] of entries) {
      this.text(name)
      this.attribute(value)
    }
  }
}

/** Whether a context has more attributes than are read. It counts no further than that. */
export function hasMany(attributes: object): boolean {
  let n = 0
  try {
    for (const _ in attributes) if (++n > maxListed) return Object.keys(attributes).length > maxListed // without what it inherits
  } catch {
    // A proxy that doesn't tell its names is still asked for those that a flag looks at.
  }
  return false
}

/** The error of a context that {@link hasMany} attributes. */
export const tooMany = (): ContextError => new ContextError(`the context has more than ${maxListed} attributes`)

/** Whether a value is a map: a plain object, of whatever realm, or a Map. An object of a class is no attribute. */
export function isMap(v: object): boolean {
  const prototype = Object.getPrototypeOf(v) as object | null
  return prototype === null || Object.getPrototypeOf(prototype) === null || v instanceof Map
}

/** Own entries, ascending by name as its UTF-8 bytes compare. */
export function sortedEntries(values: object): [string, unknown][] {
  const byName = new Map<string, unknown>()
  const entries = values instanceof Map ? values : Object.keys(values).map((name) => [name, read(values, name)] as const)
  for (const [name, value] of entries) if (typeof name === 'string') byName.set(name.toWellFormed(), value)
  return [...byName].sort(([a], [b]) => compareText(a, b))
}

/** Reads a property; null if the program's own code throws. */
function read(values: object, name: string): unknown {
  try {
    return (values as Record<string, unknown>)[name]
  } catch {
    return null
  }
}

/** Compares as UTF-8 bytes do, which is by code point; `<` compares UTF-16 code units. */
export function compareText(a: string, b: string): number {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    const highX = x >= 0xd800 && x < 0xe000
    const highY = y >= 0xd800 && y < 0xe000
    return highX === highY ? x - y : highX ? 1 : -1
  }
  return a.length - b.length
}

function headSize(n: number): number {
  return n < 32 ? 1 : n < 0x100 ? 2 : n < 0x10000 ? 3 : 5
}
