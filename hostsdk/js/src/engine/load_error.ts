/** What the codes of engine/code.go mean. */
const words: Readonly<Record<number, string>> = {
  1: 'longer than a snapshot may be',
  2: 'not a gonfalon snapshot',
  3: "a snapshot format that this engine doesn't read",
  4: "the content id doesn't match the bytes: they are truncated or altered",
  5: 'malformed',
  6: "the records don't add up to the header's counts",
  7: 'past a limit',
  8: "the keys don't ascend, or one occurs twice",
  9: 'an index or a state is out of range',
  10: 'there are bytes after the end',
  11: 'the delta is for another snapshot',
  12: "the delta deletes a key that isn't there",
  13: 'the buffer is too small',
  14: 'too many keys collide',
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
    super(`the snapshot can't be used: ${words[code] ?? 'refused'} (code ${code}) at byte ${offset}`)
  }
}
