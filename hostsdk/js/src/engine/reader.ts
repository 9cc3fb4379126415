const decoder = new TextDecoder()

/** Texts up to here are read by a loop as long as they are ASCII. */
const shortText = 32

/** The text at an address of the module's memory. */
export function textAt(bytes: Uint8Array, at: number, size: number): string {
  if (size <= shortText) {
    let s = ''
    for (let i = at; i < at + size; i++) {
      const c = bytes[i]!
      if (c > 0x7f) return decoder.decode(bytes.subarray(at, at + size))
      s += String.fromCharCode(c)
    }
    return s
  }
  return decoder.decode(bytes.subarray(at, at + size))
}

export function hexAt(bytes: Uint8Array, at: number, size: number): string {
  let s = ''
  for (let i = at; i < at + size; i++) s += (bytes[i]! + 0x100).toString(16).slice(1)
  return s
}

/** What the engine writes: integers within ±2^53 are numbers, others are bigints. */
export type Value = null | boolean | number | bigint | string | Uint8Array | Value[] | Map<string, Value>

/** Reads the msgpack of explanations, group lists and snapshots: it trusts neither lengths nor nesting. */
export class Reader {
  private readonly view: DataView

  constructor(
    private readonly bytes: Uint8Array,
    public at = 0,
    private readonly end = bytes.length,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** The number of items of an array whose head is next. */
  arrayHead(): number {
    const type = this.take(1)
    const c = this.bytes[type]!
    if (c >= 0x90 && c < 0xa0) return c & 15
    if (c === 0xdc) return this.view.getUint16(this.take(2))
    if (c === 0xdd) return this.view.getUint32(this.take(4))
    throw this.malformed(type)
  }

  /** The number of entries of a map whose head is next. */
  mapHead(): number {
    const type = this.take(1)
    const c = this.bytes[type]!
    if (c >= 0x80 && c < 0x90) return c & 15
    if (c === 0xde) return this.view.getUint16(this.take(2))
    throw this.malformed(type)
  }

  value(depth = 0): Value {
    if (depth > 64) throw this.malformed(this.at)
    const type = this.take(1)
    const c = this.bytes[type]!
    if (c < 0x80) return c
    if (c >= 0xe0) return c - 0x100
    if (c < 0x90) return this.map(c & 15, depth)
    if (c < 0xa0) return this.array(c & 15, depth)
    if (c < 0xc0) return this.text(c & 31)
    const { view } = this
    switch (c) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xc4:
        return this.binary(view.getUint8(this.take(1)))
      case 0xc5:
        return this.binary(view.getUint16(this.take(2)))
      case 0xc6:
        return this.binary(view.getUint32(this.take(4)))
      case 0xc7:
        return this.integer(view.getUint8(this.take(1)))
      case 0xc8:
        return this.integer(view.getUint16(this.take(2)))
      case 0xc9:
        return this.integer(view.getUint32(this.take(4)))
      case 0xcb:
        return view.getFloat64(this.take(8))
      case 0xcc:
        return view.getUint8(this.take(1))
      case 0xcd:
        return view.getUint16(this.take(2))
      case 0xce:
        return view.getUint32(this.take(4))
      case 0xcf:
        return small(view.getBigUint64(this.take(8)))
      case 0xd0:
        return view.getInt8(this.take(1))
      case 0xd1:
        return view.getInt16(this.take(2))
      case 0xd2:
        return view.getInt32(this.take(4))
      case 0xd3:
        return small(view.getBigInt64(this.take(8)))
      case 0xd9:
        return this.text(view.getUint8(this.take(1)))
      case 0xda:
        return this.text(view.getUint16(this.take(2)))
      case 0xdb:
        return this.text(view.getUint32(this.take(4)))
      case 0xdc:
        return this.array(view.getUint16(this.take(2)), depth)
      case 0xdd:
        return this.array(view.getUint32(this.take(4)), depth)
      case 0xde:
        return this.map(view.getUint16(this.take(2)), depth)
      case 0xdf:
        return this.map(view.getUint32(this.take(4)), depth)
    }
    throw this.malformed(type)
  }

  private text(size: number): string {
    return textAt(this.bytes, this.take(size), size)
  }

  private binary(size: number): Uint8Array {
    const at = this.take(size)
    return this.bytes.subarray(at, at + size)
  }

  /** Ext type 1: an integer beyond 64 bits, in digits. */
  private integer(size: number): bigint {
    const type = this.take(1)
    if (this.bytes[type] !== 1) throw this.malformed(type)
    return BigInt(this.text(size))
  }

  private array(n: number, depth: number): Value[] {
    const items: Value[] = []
    for (; n > 0; n--) items.push(this.value(depth + 1))
    return items
  }

  private map(n: number, depth: number): Map<string, Value> {
    const items = new Map<string, Value>()
    for (; n > 0; n--) items.set(String(this.value(depth + 1)), this.value(depth + 1))
    return items
  }

  /** Moves on by `size` bytes, and gives where they start. */
  private take(size: number): number {
    const at = this.at
    if (size > this.end - at) throw this.malformed(at)
    this.at = at + size
    return at
  }

  private malformed(at: number): Error {
    return new Error(`malformed msgpack at byte ${at}`)
  }
}

function small(v: bigint): number | bigint {
  const n = Number(v)
  return Number.isSafeInteger(n) ? n : v
}
