import { maxAttributes, type Context } from '../context.js'
import { listOf } from './groups.js'
import { hasMany, pieceOf, sortedEntries, type Piece, type Writer } from './writer.js'

/** A context in pieces that are written already, to be used for many requests. */
export interface Encoded {
  readonly actor: Piece
  /** Undefined: they are more than a request takes. */
  readonly groups: Piece | undefined
  /** Undefined: they are more than a request takes. */
  readonly attributes: Piece | undefined
  /** Names with their values. Undefined: they are more than are read. */
  readonly byName: ReadonlyMap<string, Piece> | undefined
  /** Something in it can't be read. */
  readonly unreadable: boolean
}

/** Writes contexts for one engine. */
export interface Encoder {
  encode(context: Context): Encoded
}

/** A context that has been written for the engine. Made by `flags.context`, and given wherever a context is. */
export class PreparedContext implements Context {
  readonly actor: Context['actor']
  readonly groups: Context['groups']
  readonly attributes: Context['attributes']
  readonly default?: never
  private encoder: Encoder | undefined
  private encoded: Encoded | undefined

  constructor(context: Context) {
    const { actor, groups, attributes } = copyOf(context)
    this.actor = actor
    this.groups = groups
    this.attributes = attributes
  }

  /**
   * Returns the context as one engine reads it.
   *
   * @internal
   */
  for(encoder: Encoder): Encoded {
    if (this.encoder !== encoder) {
      this.encoded = encoder.encode(this)
      this.encoder = encoder
    }
    return this.encoded!
  }
}

/** A context that can be read more than once: an iterator of groups can't. */
export function lasting(context: Context | undefined): Context | undefined {
  try {
    const groups = context?.groups
    return typeof groups === 'object' && groups !== null && !Array.isArray(groups) ? new PreparedContext(context!) : context
  } catch {
    return context
  }
}

/** A context whose groups are a list; if the program's own code throws, or they are too many, one whose groups can't be read. */
function copyOf(context: Context): Context {
  const copy: { -readonly [K in keyof Context]: Context[K] } = {}
  try {
    copy.actor = context?.actor
    copy.attributes = context?.attributes
    const groups = (copy.groups = context?.groups)
    const iterable = typeof groups === 'object' && groups !== null && Symbol.iterator in groups
    if (iterable && typeof groups !== 'string') copy.groups = listOf(groups) as string[]
  } catch (error) {
    copy.groups = () => {
      throw error
    }
  }
  return copy
}

/** Writes a context's attributes, and takes the pieces. */
export function piecesOf(writer: Writer, attributes: object | null | undefined): Pick<Encoded, 'attributes' | 'byName'> {
  if (hasMany(attributes ?? {})) return { byName: undefined, attributes: undefined }
  const byName = new Map<string, Piece>()
  const entries = sortedEntries(attributes ?? {})
  const start = writer.at
  writer.map(entries.length)
  for (const [name, value] of entries) {
    const from = writer.at
    writer.text(name)
    writer.attribute(value)
    byName.set(name, pieceOf(writer.bytes.subarray(from, writer.at)))
  }
  return { byName, attributes: entries.length > maxAttributes ? undefined : pieceOf(writer.bytes.subarray(start, writer.at)) }
}
