import { keyOf } from '../actor.js'
import { maxAttributes, maxGroups, type Context } from '../context.js'
import type { Misuse } from '../misuse.js'
import { random32, type Clock } from './clock.js'
import { bounded, groupNames, hasGroups } from './groups.js'
import { ContextError } from './context_error.js'
import { maxSnapshotBytes, type Memory } from './memory.js'
import type { Needs } from './needs.js'
import { piecesOf, PreparedContext, type Encoded } from './prepared.js'
import { full, pieceOf, tooMany, Writer } from './writer.js'

/** What is asked for: one flag, by what it needs; or all that there is about one, some or (null) all of them. */
export type Asked = Needs | string | readonly (Needs | string)[] | null

/** Names of the actor's groups, as far as they matter; of no use beside a context in pieces that has them. */
type Groups = readonly string[] | undefined

/** Names the groups that a decision of what is asked for can ask for. */
export type GroupsOf = (asked: Asked) => Iterable<string>

/** Writes requests of `wasm/ABI.md` into an instance's request buffer. */
export class RequestWriter {
  private turn = 0

  constructor(
    private readonly memory: Memory,
    private readonly groupsOf: GroupsOf,
    private readonly misuse: Misuse,
  ) {}

  /** Whoever else writes to the buffer begins with this. */
  begin(): Writer {
    this.turn++
    this.memory.refresh()
    this.memory.writer.at = this.memory.request
    return this.memory.writer
  }

  /**
   * Writes one request and returns its size.
   *
   * A context may run code of its caller's while it is read (a getter, say). If that asks the same engine, the buffer has
   * another request in it afterwards: the turn tells, and this one is written apart.
   *
   * @param decisions how many rest on it, to be counted if the context has something that can't be read.
   * @throws ContextError if the context can't be read.
   */
  write(asked: Asked, context: Context | undefined, clock: Clock, decisions = 1): number {
    const { misuse } = this
    const outer = misuse.seen
    misuse.seen = false
    try {
      const size = this.writeContext(asked, context, clock)
      if (misuse.seen) misuse.unreadable += decisions
      return size
    } catch (error) {
      throw unreadable(error)
    } finally {
      misuse.seen = outer
    }
  }

  private writeContext(asked: Asked, context: Context | undefined, clock: Clock): number {
    if (typeof context !== 'object' || context === null) {
      if (context !== undefined && context !== null) this.misuse.value('context', context)
      return this.writeParts(asked, undefined, undefined, undefined, clock)
    }
    const encoded = context instanceof PreparedContext ? context.for(this) : undefined
    if (encoded?.unreadable) this.misuse.seen = true
    return this.writeParts(asked, context, this.groups(asked, context, encoded), encoded, clock)
  }

  // The parts of a question stay apart, because an object for them would cost a tenth of a decision.

  private writeParts(asked: Asked, context: Context | undefined, groups: Groups, encoded: Encoded | undefined, clock: Clock): number {
    const writer = this.begin()
    const turn = this.turn
    try {
      this.writeRequest(writer, asked, context, groups, encoded, clock)
      if (turn === this.turn) return writer.at - this.memory.request
    } catch (error) {
      if (error !== full) throw error
    }
    const request = apart(this.memory, (w) => {
      this.writeRequest(w, asked, context, groups, encoded, clock)
      return w.bytes.subarray(0, w.at)
    })
    this.begin()
    this.memory.put(request)
    return request.length
  }

  /** Writes a context for requests to come. */
  encode(context: Context): Encoded {
    return apart(this.memory, (writer) => {
      const groups = this.allGroups(context)
      this.writeActor(writer, context, groups)
      const actor = pieceOf(writer.bytes.subarray(0, writer.at))
      const start = writer.at
      writeGroups(writer, groups)
      const written = groups === undefined || groups.length > maxGroups ? undefined : pieceOf(writer.bytes.subarray(start, writer.at))
      return { actor, groups: written, ...piecesOf(writer, context.attributes), unreadable: this.misuse.seen }
    })
  }

  /** All groups that flags can ask for; undefined if the program doesn't answer for one, which matters to the flags that name it. */
  private allGroups(context: Context): Groups {
    try {
      return groupNames(context, () => this.groupsOf(null), this.misuse) ?? []
    } catch {
      return undefined
    }
  }

  /** The groups to be written; undefined if they don't matter, or are written already. */
  private groups(asked: Asked, context: Context, encoded: Encoded | undefined): Groups {
    if ((isNeeds(asked) && asked.ungrouped) || encoded?.groups !== undefined) return undefined
    const named = (): Iterable<string> => this.groupsOf(asked)
    const names = groupNames(context, named, this.misuse)
    return names && bounded(names, named)
  }

  private writeRequest(writer: Writer, asked: Asked, context: Context | undefined, groups: Groups, encoded: Encoded | undefined, clock: Clock): void {
    if (!isNeeds(asked)) return this.writeWhole(writer, asked, context, groups, encoded, clock)
    writer.piece(asked.head)
    this.writeWho(writer, context, groups, encoded)
    if (asked.alone) return
    const { attributes } = asked
    if (asked.ungrouped) writer.byte(0x90)
    else if (encoded?.groups !== undefined) writer.piece(encoded.groups)
    else writeGroups(writer, groups)
    if (asked.chance) writeChance(writer, clock)
    else writer.zeros()
    if (encoded !== undefined) writeEncoded(writer, attributes, encoded)
    else if (attributes === undefined) writer.attributes(context?.attributes)
    else writer.named(attributes, context?.attributes)
  }

  private writeWhole(
    writer: Writer,
    asked: Exclude<Asked, Needs>,
    context: Context | undefined,
    groups: Groups,
    encoded: Encoded | undefined,
    clock: Clock,
  ): void {
    writer.byte(0x96)
    if (asked === null) writer.byte(0xc0)
    else if (typeof asked === 'string') writer.text(asked)
    else {
      writer.array(asked.length)
      for (const flag of asked) {
        if (typeof flag === 'string') writer.text(flag)
        else writer.int(flag.number)
      }
    }
    this.writeWho(writer, context, groups, encoded)
    if (encoded?.groups !== undefined) writer.piece(encoded.groups)
    else writeGroups(writer, groups)
    writeChance(writer, clock)
    if (encoded !== undefined) writeEncoded(writer, undefined, encoded)
    else writer.attributes(context?.attributes)
  }

  private writeWho(writer: Writer, context: Context | undefined, groups: Groups, encoded: Encoded | undefined): void {
    if (encoded !== undefined) writer.piece(encoded.actor)
    else if (context !== undefined) this.writeActor(writer, context, groups)
    else writer.byte(0xc0)
  }

  private writeActor(writer: Writer, context: Context, names: Groups): void {
    const { actor, groups } = context
    if (typeof actor === 'string') return writer.text(actor)
    const key = keyOf(actor, this.misuse)
    if (typeof key === 'string') return writer.text(key)
    // Without a key there still is an actor, if its groups are known; else there is nobody.
    writer.byte(key === null || (names === undefined ? hasGroups(groups) : names.length > 0 || typeof groups === 'function') ? 0xc2 : 0xc0)
  }
}

/** One flag by what it needs; or else everything, since another flag may need it, or an explanation tell it. */
export function isNeeds(asked: Asked): asked is Needs {
  return typeof asked === 'object' && asked !== null && 'head' in asked
}

/** Writes into memory of its own, which grows until all of it fits: `write` may be called more than once. */
function apart<T>({ room, writer: { onLarge } }: Memory, write: (writer: Writer) => T): T {
  for (let size = room; size <= maxSnapshotBytes; size *= 2) {
    const writer = new Writer(onLarge)
    writer.target(new ArrayBuffer(size), 0, size)
    try {
      return write(writer)
    } catch (error) {
      if (error !== full) throw error
    }
  }
  throw new ContextError(`the context takes more than ${maxSnapshotBytes >> 20} MiB`)
}

/** What the caller's own code threw while it was asked; a stack that is used up may be the engine's trouble, and stays what it is. */
function unreadable(error: unknown): unknown {
  try {
    if (error instanceof ContextError || error instanceof WebAssembly.RuntimeError || error instanceof RangeError) return error
  } catch {
    // A proxy that throws when it is asked what it is.
  }
  return new ContextError("the context can't be read", error)
}

function writeEncoded(writer: Writer, names: Needs['attributes'], { attributes, byName }: Encoded): void {
  if (byName === undefined && names?.length !== 0) throw tooMany()
  if (names === undefined) {
    if (attributes === undefined) throw new ContextError(`the context has more than ${maxAttributes} attributes`)
    return writer.piece(attributes)
  }
  const start = writer.at
  writer.byte(0x80)
  let n = 0
  for (const { text } of names) {
    const written = byName!.get(text)
    if (written === undefined) continue
    writer.piece(written)
    n++
  }
  writer.bytes[start] = 0x80 | n
}

function writeGroups(writer: Writer, groups: Groups): void {
  if (groups === undefined) return writer.byte(0x90)
  writer.array(groups.length)
  for (let i = 0; i < groups.length; i++) writer.text(groups[i]!)
}

function writeChance(writer: Writer, clock: Clock): void {
  const us = Math.floor(clock.now() * 1000)
  const high = Math.floor(us / 0x100000000)
  if (clock.roll === undefined) writer.chance(high, us, random32(), random32())
  else {
    const [rollHigh, rollLow] = clock.roll()
    writer.chance(high, us, rollHigh, rollLow)
  }
}
