import { maxGroups, type Context } from '../context.js'
import { random32, timeless, type Clock } from './clock.js'
import { ContextError, maxSnapshotBytes, type Memory } from './memory.js'
import type { Needs } from './needs.js'
import { Reader } from './reader.js'
import { full, pieceOf, Writer, type Piece } from './writer.js'

/** What is asked for: one flag, by what it needs; or all that there is about one, some or (null) all of them. */
export type Asked = Needs | string | readonly (Needs | string)[] | null

/** A context in pieces that are written already, to be used for many requests. */
export interface Encoded {
  readonly actor: Piece
  readonly groups: Piece
  readonly attributes: Piece
  /** Names with their values. */
  readonly byName: ReadonlyMap<string, Piece>
}

/** A context that has been written for the engine. Made by `flags.context`, and given wherever a context is. */
export class PreparedContext implements Context {
  readonly actor: Context['actor']
  readonly groups: Context['groups']
  readonly attributes: Context['attributes']
  readonly default?: never
  private requests: RequestWriter | undefined
  private encoded: Encoded | undefined

  constructor({ actor, groups, attributes }: Context) {
    this.actor = actor
    this.groups = groups === undefined || groups === null || typeof groups === 'function' ? groups : [...groups]
    this.attributes = attributes
  }

  /**
   * Returns the context as one engine reads it.
   *
   * @internal
   */
  for(requests: RequestWriter): Encoded {
    if (this.requests !== requests) {
      this.encoded = requests.encode(this)
      this.requests = requests
    }
    return this.encoded!
  }
}

/** Names of the actor's groups, as far as they matter; of no use beside a context in pieces. */
type Groups = readonly string[] | undefined

/** Names the groups that a decision of what is asked for can ask for. */
export type GroupsOf = (asked: Asked) => Iterable<string>

/** Writes requests of `wasm/ABI.md` into an instance's request buffer. */
export class RequestWriter {
  private turn = 0

  constructor(
    private readonly memory: Memory,
    private readonly groupsOf: GroupsOf,
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
   */
  write(asked: Asked, context: Context | undefined, clock: Clock): number {
    if (context instanceof PreparedContext) return this.writeParts(asked, context, undefined, context.for(this), clock)
    return this.writeParts(asked, context, context && this.groups(asked, context), undefined, clock)
  }

  // The parts of a question stay apart, because an object for them would cost a tenth of a decision.

  private writeParts(asked: Asked, context: Context | undefined, groups: Groups, encoded: Encoded | undefined, clock: Clock): number {
    const writer = this.begin()
    const turn = this.turn
    try {
      writeRequest(writer, asked, context, groups, encoded, clock)
      if (turn === this.turn) return writer.at - this.memory.request
    } catch (error) {
      if (error !== full) throw error
    }
    return this.writeApart(asked, context, groups, encoded, clock)
  }

  /** Writes a request that doesn't fit, or that others get in the way of, into memory of its own, and copies it. */
  private writeApart(asked: Asked, context: Context | undefined, groups: Groups, encoded: Encoded | undefined, clock: Clock): number {
    for (let size = this.memory.room; size <= maxSnapshotBytes; size *= 2) {
      const apart = new Writer()
      apart.target(new ArrayBuffer(size), 0, size)
      try {
        writeRequest(apart, asked, context, groups, encoded, clock)
      } catch (error) {
        if (error !== full) throw error
        continue
      }
      this.begin()
      this.memory.put(apart.bytes.subarray(0, apart.at))
      return apart.at
    }
    throw new ContextError(`the context takes more than ${maxSnapshotBytes >> 20} MiB`)
  }

  /** Writes a context for requests to come. */
  encode(context: Context): Encoded {
    const size = this.writeParts(null, context, this.groups(null, context), undefined, timeless)
    const { bytes, request } = this.memory
    const reader = new Reader(bytes, request, request + size)
    const next = (values: number): Piece => {
      const start = reader.at
      for (let i = 0; i < values; i++) reader.value()
      return pieceOf(bytes.subarray(start, reader.at))
    }
    reader.arrayHead()
    reader.value()
    const [actor, groups] = [next(1), next(1)]
    reader.value()
    reader.value()
    const attributes = pieceOf(bytes.subarray(reader.at, request + size))
    const byName = new Map<string, Piece>()
    for (let n = reader.mapHead(); n > 0; n--) {
      const { at } = reader
      const name = reader.value() as string
      reader.at = at
      byName.set(name, next(2))
    }
    return { actor, groups, attributes, byName }
  }

  /** The names of the actor's groups: those given, or those that the caller's function says yes to. */
  private groups(asked: Asked, context: Context): Groups {
    const { actor, groups } = context
    if (typeof groups === 'string') throw new ContextError('groups must be a list of texts, not a text')
    if (isNeeds(asked) && asked.ungrouped) return undefined
    const asks = typeof actor === 'object' && typeof actor?.inGroup === 'function'
    if (Array.isArray(groups) && !asks) return groups as readonly string[]
    if ((groups === undefined || groups === null) && !asks) return undefined
    const names: string[] = []
    if (typeof groups === 'function') names.push(...this.asked(asked, groups))
    else if (groups) names.push(...groups)
    if (asks) names.push(...this.asked(asked, (name) => actor.inGroup!(name)))
    return names
  }

  /** The groups, of those that these flags can ask for, that the caller's function says yes to. */
  private asked(asked: Asked, ask: (group: string) => boolean): string[] {
    return [...this.groupsOf(asked)].filter((name) => ask(name))
  }
}

/** One flag by what it needs; or else everything, since another flag may need it, or an explanation tell it. */
export function isNeeds(asked: Asked): asked is Needs {
  return typeof asked === 'object' && asked !== null && 'head' in asked
}

function writeRequest(writer: Writer, asked: Asked, context: Context | undefined, groups: Groups, encoded: Encoded | undefined, clock: Clock): void {
  if (!isNeeds(asked)) return writeWhole(writer, asked, context, groups, encoded, clock)
  writer.piece(asked.head)
  if (encoded !== undefined) writer.piece(encoded.actor)
  else if (context !== undefined) writeActor(writer, context)
  else writer.byte(0xc0)
  if (asked.alone) return
  const { attributes } = asked
  if (asked.ungrouped) writer.byte(0x90)
  else if (encoded !== undefined) writer.piece(encoded.groups)
  else writeGroups(writer, groups)
  if (asked.chance) writeChance(writer, clock)
  else writer.zeros()
  if (encoded !== undefined) writeEncoded(writer, attributes, encoded)
  else if (attributes === undefined) writer.attributes(context?.attributes)
  else writer.named(attributes, context?.attributes)
}

function writeEncoded(writer: Writer, names: Needs['attributes'], { attributes, byName }: Encoded): void {
  if (names === undefined) return writer.piece(attributes)
  const start = writer.at
  writer.byte(0x80)
  let n = 0
  for (const { text } of names) {
    const written = byName.get(text)
    if (written === undefined) continue
    writer.piece(written)
    n++
  }
  writer.bytes[start] = 0x80 | n
}

function writeWhole(
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
  if (encoded !== undefined) {
    writer.piece(encoded.actor)
    writer.piece(encoded.groups)
    writeChance(writer, clock)
    return writer.piece(encoded.attributes)
  }
  if (context === undefined) writer.byte(0xc0)
  else writeActor(writer, context)
  writeGroups(writer, groups)
  writeChance(writer, clock)
  writer.attributes(context?.attributes)
}

function writeActor(writer: Writer, context: Context): void {
  const { actor } = context
  if (typeof actor === 'string') return writer.text(actor)
  const key = typeof actor === 'object' ? actor?.actorId : actor
  if (typeof key === 'string' || typeof key === 'number' || typeof key === 'bigint') return writer.text(String(key))
  // Without a key there still is an actor, if its groups are known; else there is nobody.
  const known = key === null || (typeof actor === 'object' && typeof actor?.inGroup === 'function')
  writer.byte((known && actor) || context.groups ? 0xc2 : 0xc0)
}

function writeGroups(writer: Writer, groups: Groups): void {
  if (groups === undefined) return writer.byte(0x90)
  const n = Math.min(groups.length, maxGroups)
  writer.array(n)
  for (let i = 0; i < n; i++) writer.text(String(groups[i]))
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
