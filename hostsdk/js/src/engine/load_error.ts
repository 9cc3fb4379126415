/** What the codes of engine/code.go mean. */
const faults: Readonly<Record<number, string>> = {
  1: 'it is larger than 32 MiB',
  2: 'it is not a snapshot, or not a delta',
  3: "this version of the SDK doesn't read its format",
  4: "its content id doesn't match its bytes",
  5: 'it is malformed',
  6: "its records don't add up to its header's counts",
  7: 'it is past a limit',
  8: "its keys don't ascend, or one occurs twice",
  9: 'an index or a state in it is out of range',
  10: 'there are bytes after its end',
  11: 'the delta is for another snapshot',
  12: "the delta deletes a key that isn't there",
  13: "the module's buffer is too small",
  14: 'too many of its keys collide',
}

/** The error of a snapshot or a delta that the engine refuses. */
export class LoadError extends Error {
  override readonly name = 'LoadError'

  constructor(
    /** The engine's code, see engine/code.go. */
    readonly code: number,
    /** The offset of the fault in the bytes. */
    readonly offset: number,
  ) {
    super(`the snapshot can't be used: ${faults[code] ?? `code ${code}`} (at byte ${offset})`)
  }
}
