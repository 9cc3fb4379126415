import { ContextError } from './context_error.js'
import type { Exports } from './module.js'
import { textAt } from './reader.js'
import { Writer } from './writer.js'

/** The snapshot format that the engine reads: `Format` of engine/load.go. */
export const snapshotFormat = 1

/** Largest snapshot, delta or request that the engine takes: `MaxSnapshotBytes` of engine/limits.go. */
export const maxSnapshotBytes = 32 << 20

/** Views of an instance's memory: the request buffer that hosts write to, and the result that the module answers in. */
export class Memory {
  readonly writer: Writer
  /** Address of the result record. */
  readonly result: number
  bytes = new Uint8Array(0)
  words = new Uint32Array(0)

  /** Address of the request buffer, and the room there is. */
  request = 0
  room = 0

  /** @param onLarge is called with an attribute that has more values than are read. */
  constructor(
    readonly exports: Exports,
    onLarge?: (value: unknown) => void,
  ) {
    this.writer = new Writer(onLarge)
    this.result = exports.result() >>> 0
    this.refresh()
  }

  /** Makes room for a request. What was in the buffer may be lost. */
  reserve(size: number): void {
    const at = this.exports.request(size) >>> 0
    if (at === 0) throw new ContextError(`a request of ${size} bytes is more than the engine takes`)
    this.request = at
    this.room = Math.max(size, this.room)
    this.writer.target(this.exports.memory.buffer, at, this.room)
    this.refresh()
  }

  /** Puts bytes into the request buffer. */
  put(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.request)
  }

  /** Looks at the memory anew if it has grown, which leaves the old views empty. To be called after calls that may grow it. */
  refresh(): void {
    if (this.bytes.length !== 0) return
    const { buffer } = this.exports.memory
    this.bytes = new Uint8Array(buffer)
    this.words = new Uint32Array(buffer)
    this.writer.target(buffer, this.request, this.room)
  }

  /** A word of the result. */
  word(i: number): number {
    return this.words[(this.result >>> 2) + i]!
  }

  /** The text whose address and length are words of the record at an address. */
  text(record: number, word: number): string {
    const w = (record >>> 2) + word
    return textAt(this.bytes, this.words[w]!, this.words[w + 1]!)
  }

  /** A copy of the bytes whose address and length are words of the record at an address. */
  slice(record: number, word: number): Uint8Array<ArrayBuffer> {
    const w = (record >>> 2) + word
    return this.bytes.slice(this.words[w]!, this.words[w]! + this.words[w + 1]!)
  }
}
