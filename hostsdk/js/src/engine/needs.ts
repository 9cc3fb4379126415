import type { Value } from './reader.js'
import { pieceOf, Writer, type Name, type Piece } from './writer.js'

/** What deciding one flag can ask for: the answer of `needs` in `wasm/ABI.md`. The rest of a context is never written. */
export interface Needs {
  /** The head of each request for the flag. */
  readonly head: Piece
  /** The flag's number, −1 if there is no such flag. */
  readonly number: number
  /** Nothing but the actor matters: requests end with it. */
  readonly alone: boolean
  readonly groups: readonly string[]
  /** The actor's groups don't matter. */
  readonly ungrouped: boolean
  /** Undefined: all that there are. */
  readonly attributes: readonly Name[] | undefined
  /** Time or chance. */
  readonly chance: boolean
  /** The packed decision, if it is the same for every request and points at nothing in the result record. */
  readonly fixed: number | undefined
}

/** Bytes that a name can take, with its head: `MaxNameBytes` of engine/limits.go. */
const room = 1024 + 3

/** Lays out an answer of the module. */
export function needsOf(answer: Value, fixed: number | undefined): Needs {
  const [groups, names, number, now, roll] = answer as [string[], string[] | null, number | null, boolean, boolean]
  const writer = new Writer()
  const written = (write: () => void): Piece => {
    writer.target(new ArrayBuffer(room), 0, room)
    write()
    return pieceOf(writer.bytes.subarray(0, writer.at))
  }
  const ungrouped = groups.length === 0 && names !== null
  const alone = ungrouped && names.length === 0 && !now && !roll
  return {
    head: written(() => {
      writer.array(alone ? 2 : 6)
      writer.int(number ?? -1)
    }),
    number: number ?? -1,
    alone,
    groups,
    ungrouped,
    // A name that isn't valid Unicode can become the one that is looked for, so that all have to be seen.
    attributes: names?.some((name) => name.includes('\ufffd'))
      ? undefined
      : names?.map((text) => ({ text, written: written(() => writer.text(text)), inherited: text in Object.prototype })),
    chance: now || roll,
    fixed,
  }
}
