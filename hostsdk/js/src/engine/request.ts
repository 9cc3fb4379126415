import { maxGroups, type Context } from '../context.js'
import { random32, type Clock } from './clock.js'
import { ContextError, maxSnapshotBytes, type Memory } from './memory.js'
import { Reader } from './reader.js'
import { full, Writer } from './writer.js'

/** What is asked for: a flag, some, or all of them. */
export type Keys = string | readonly string[] | null

/** A context whose parts before and after now and roll are written already, to be used for many requests. */
export interface Encoded {
  readonly actorAndGroups: Uint8Array
  readonly attributes: Uint8Array
}

/** Names the groups that a decision of one of these flags can ask for. */
export type GroupsOf = (keys: Keys) => Iterable<string>

/** No actor, no groups, now 0, roll 0, no attributes. */
export const noContext = Uint8Array.of(0xc0, 0x90, 0, 0, 0x80)

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
   * Writes one request and gives its size.
   *
   * A context may run code of its caller's while it is read (a getter, say). If that asks the same engine, the buffer has
   * another request in it afterwards: the turn tells, and this one is written apart.
   */
  write(keys: Keys, context: Context | undefined, encoded: Encoded | undefined, clock: Clock): number {
    const groups = context === undefined || encoded !== undefined ? undefined : this.groups(keys, context)
    const writer = this.begin()
    const turn = this.turn
    try {
      writeRequest(writer, keys, context, groups, encoded, clock)
      if (turn === this.turn) return writer.at - this.memory.request
    } catch (error) {
      if (error !== full) throw error
    }
    return this.writeApart(keys, context, groups, encoded, clock)
  }

  /** Writes a request that doesn't fit, or that others get in the way of, into memory of its own, and copies it. */
  private writeApart(
    keys: Keys,
    context: Context | undefined,
    groups: readonly string[] | undefined,
    encoded: Encoded | undefined,
    clock: Clock,
  ): number {
    for (let size = this.memory.room; size <= maxSnapshotBytes; size *= 2) {
      const apart = new Writer()
      apart.target(new ArrayBuffer(size), 0, size)
      try {
        writeRequest(apart, keys, context, groups, encoded, clock)
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
    const size = this.write(null, context, undefined, { now: () => 0, roll: () => [0, 0] })
    const { bytes, request } = this.memory
    const reader = new Reader(bytes, request, request + size)
    reader.arrayHead()
    reader.value()
    const actor = reader.at
    reader.value()
    reader.value()
    const now = reader.at
    reader.value()
    reader.value()
    return { actorAndGroups: bytes.slice(actor, now), attributes: bytes.slice(reader.at, request + size) }
  }

  /** The names of the actor's groups: those given, or those that the caller's function says yes to. */
  private groups(keys: Keys, context: Context): readonly string[] | undefined {
    const { actor, groups } = context
    if (typeof groups === 'string') throw new ContextError('groups must be a list of texts, not a text')
    const asks = typeof actor === 'object' && typeof actor?.inGroup === 'function'
    if (Array.isArray(groups) && !asks) return groups as readonly string[]
    if ((groups === undefined || groups === null) && !asks) return undefined
    const names: string[] = []
    if (typeof groups === 'function') names.push(...this.asked(keys, groups))
    else if (groups) names.push(...groups)
    if (asks) names.push(...this.asked(keys, (name) => actor.inGroup!(name)))
    return names
  }

  /** The groups, of those that these flags can ask for, that the caller's function says yes to. */
  private asked(keys: Keys, ask: (group: string) => boolean): string[] {
    return [...this.groupsOf(keys)].filter((name) => ask(name))
  }
}

function writeRequest(
  writer: Writer,
  keys: Keys,
  context: Context | undefined,
  groups: readonly string[] | undefined,
  encoded: Encoded | undefined,
  clock: Clock,
): void {
  writer.byte(0x96)
  if (typeof keys === 'string') writer.text(keys)
  else writeKeys(writer, keys)
  if (encoded !== undefined) {
    writer.raw(encoded.actorAndGroups)
    writeChance(writer, clock)
    writer.raw(encoded.attributes)
  } else if (context !== undefined) {
    writeActor(writer, context)
    writeGroups(writer, groups)
    writeChance(writer, clock)
    writer.attributes(context.attributes)
  } else {
    writer.byte(0xc0)
    writer.byte(0x90)
    writeChance(writer, clock)
    writer.byte(0x80)
  }
}

function writeKeys(writer: Writer, keys: readonly string[] | null): void {
  if (keys === null) return writer.byte(0xc0)
  writer.array(keys.length)
  for (const key of keys) writer.text(key)
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

function writeGroups(writer: Writer, groups: readonly string[] | undefined): void {
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
