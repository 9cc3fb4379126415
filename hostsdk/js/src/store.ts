import type { FlagsChanged } from './emitter.js'
import { Engine } from './engine/engine.js'
import { maxSnapshotBytes } from './engine/memory.js'
import { LoadError } from './engine/load_error.js'
import type { Logger } from './log.js'
import { changes, equal } from './records.js'
import { FrameError } from './source/failure.js'

/** The first byte of a frame tells snapshot and delta apart: a msgpack array of 4, and of 5. */
const deltaHead = 0x95

/** The engine's code for a delta that is for another snapshot. */
const codeBase = 11

/** What has no lineage, such as a file made offline, may always take another's place. */
const noLineage = '0'.repeat(32)

/**
 * The snapshot that serves: its engine, which is replaced as a whole, and its bytes, from which the engine is made again
 * after a trap.
 */
export class Store {
  /** Decides; undefined before the first snapshot. */
  engine: Engine | undefined
  /** What the engine was made of. */
  bytes: Uint8Array | undefined

  /** Snapshots taken from the source. */
  taken = 0
  /** Frames that changed nothing. */
  refused = 0
  /** Engines that trapped. */
  traps = 0

  constructor(
    private readonly module: WebAssembly.Module,
    private readonly environment: string,
    private readonly log: Logger,
  ) {}

  /**
   * Makes a frame the snapshot that serves, or changes nothing and says why.
   *
   * @returns what has changed, computed when asked for; undefined if the frame is what already serves.
   * @throws FrameError
   */
  take(frame: Uint8Array): (() => FlagsChanged) | undefined {
    try {
      const changed = this.replace(frame)
      if (changed !== undefined) this.taken++
      return changed
    } catch (error) {
      throw this.refuse(error, frame.length)
    }
  }

  /** Counts and logs what changed nothing. */
  refuse(error: unknown, size: number): FrameError {
    this.refused++
    this.log.warn(`gonfalon: a frame of ${size} bytes is refused, the snapshot before it keeps serving`, error)
    if (error instanceof FrameError) return error
    const detail = error instanceof Error ? error.message : String(error)
    return new FrameError(error instanceof LoadError && error.code === codeBase ? 'base' : 'broken', detail, error)
  }

  /** Loads bytes that were at hand, whatever serves. */
  load(bytes: Uint8Array): Engine {
    const engine = this.open(bytes)
    this.engine = engine
    this.bytes = bytes
    return engine
  }

  /** After a trap: the instance is of no use any more, and another is made of the same bytes. */
  rebuild(): void {
    this.traps++
    this.engine = undefined
    if (this.bytes !== undefined) this.engine = new Engine(this.module, this.bytes)
  }

  private replace(frame: Uint8Array): (() => FlagsChanged) | undefined {
    const old = this.engine
    if (frame[0] === deltaHead) {
      if (old === undefined) throw new FrameError('base', 'there is no snapshot that the delta could be for')
      frame = this.splice(old, frame)
    }
    const before = this.bytes
    if (before !== undefined && equal(before, frame)) return undefined
    const engine = this.open(frame)
    if (old !== undefined) this.supersedes(engine, old)
    // A copy: the caller may go on using its buffer, and a Buffer's own slice shares memory.
    this.bytes = new Uint8Array(frame)
    this.engine = engine
    const { info } = engine
    return () => ({
      ...changes(before, frame),
      revision: info.revision,
      lineageChanged: old !== undefined && old.info.lineage !== info.lineage,
      info,
    })
  }

  private splice(old: Engine, delta: Uint8Array): Uint8Array {
    try {
      return old.splice(delta)
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) this.rebuild()
      throw error
    }
  }

  private open(bytes: Uint8Array): Engine {
    if (bytes.length > maxSnapshotBytes) throw new LoadError(1, 0)
    const engine = new Engine(this.module, bytes)
    if (engine.info.environment !== this.environment) {
      throw new FrameError('refused', `the snapshot is of environment "${engine.info.environment}", not "${this.environment}"`)
    }
    return engine
  }

  /** Another lineage is taken at once: the environment was created again, or restored. */
  private supersedes(engine: Engine, old: Engine): void {
    const { lineage, revision } = engine.info
    if (lineage === noLineage) return
    if (lineage !== old.info.lineage) {
      this.log.warn(`gonfalon: the environment has a new lineage: it was created again, or restored`, { from: old.info, to: engine.info })
      return
    }
    if (revision < old.info.revision) {
      throw new FrameError('refused', `revision ${revision} is lower than ${old.info.revision}, which serves`)
    }
    if (revision === old.info.revision) {
      throw new FrameError('refused', `it is another snapshot of the same revision ${revision}`)
    }
  }
}
