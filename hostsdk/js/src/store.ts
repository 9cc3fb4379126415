import { Engine } from './engine/engine.js'
import { maxSnapshotBytes } from './engine/memory.js'
import { LoadError } from './engine/load_error.js'
import type { Logger } from './log.js'
import type { FlagsChanged } from './emitter.js'
import { Graph } from './graph.js'
import { quoted } from './quoted.js'
import { differing, equal, partsOf } from './records.js'
import type { Misuse } from './misuse.js'
import type { Secret } from './secret.js'
import { FrameError } from './source/failure.js'

/** The first byte of a frame tells snapshot and delta apart: a msgpack array of 4, and of 5. */
const deltaHead = 0x95

/** The engine's code for a delta that is for another snapshot. */
const codeBase = 11

/** What has no lineage, such as a file made offline, may always take another's place. */
const noLineage = '0'.repeat(32)

/** What a frame has changed. */
export type Change = Pick<FlagsChanged, 'flags' | 'segments' | 'lineageChanged'>

/**
 * The snapshot that serves: its engine, which is replaced as a whole, and its bytes, from which the engine is made again
 * after a trap.
 */
export class Store {
  /** Decides; undefined before the first snapshot. */
  engine: Engine | undefined
  /** What the engine was made of. */
  bytes: Uint8Array | undefined

  /** Which flags depend on what, as far as anybody wanted to know. */
  private drawn: { readonly bytes: Uint8Array; readonly graph: Graph } | undefined

  /** Snapshots taken from the source. */
  taken = 0
  /** Frames that changed nothing. */
  refused = 0
  /** Engines that trapped. */
  traps = 0

  constructor(
    private readonly module: WebAssembly.Module,
    private readonly environment: string,
    private readonly secret: Secret,
    private readonly log: Logger,
    private readonly misuse: Misuse,
  ) {}

  /**
   * Makes a frame the snapshot that serves, or changes nothing and says why.
   *
   * @param supersedes the snapshot takes the place of what serves, even with a lower revision.
   * @returns what has changed, computed when asked for; undefined if the frame is what already serves.
   * @throws FrameError
   */
  take(frame: Uint8Array, supersedes = false): (() => Change) | undefined {
    try {
      const changed = this.replace(frame, supersedes)
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
    if (this.bytes !== undefined) this.engine = new Engine(this.module, this.bytes, this.misuse)
  }

  private replace(frame: Uint8Array, supersedes: boolean): (() => Change) | undefined {
    const old = this.engine
    if (frame[0] === deltaHead) {
      if (old === undefined) throw new FrameError('base', 'there is no snapshot that the delta could be for')
      frame = this.splice(old, frame)
    }
    const before = this.bytes
    if (before !== undefined && equal(before, frame)) return undefined
    const engine = this.open(frame)
    if (old !== undefined) this.check(engine, old, supersedes)
    // A copy: the caller may go on using its buffer, and a Buffer's own slice shares memory.
    this.bytes = new Uint8Array(frame)
    this.engine = engine
    const lineageChanged = old !== undefined && old.info.lineage !== engine.info.lineage
    const after = this.bytes
    return () => ({ ...this.changes(before, after), lineageChanged })
  }

  /** Which flags depend on what, in the snapshot that serves. */
  graph(): Graph | undefined {
    const { bytes } = this
    if (bytes !== undefined && this.drawn?.bytes !== bytes) this.drawn = { bytes, graph: new Graph(partsOf(bytes).flags, undefined, new Set()) }
    return this.drawn?.graph
  }

  /** The flags of two snapshots that differ, and all that depend on what differs. */
  private changes(before: Uint8Array | undefined, after: Uint8Array): Pick<Change, 'flags' | 'segments'> {
    const next = partsOf(after)
    const old = before === undefined ? { flags: [], segments: [], conflict: next.conflict } : partsOf(before)
    const flags = differing(old.flags, next.flags)
    const segments = differing(old.segments, next.segments)
    const earlier = this.drawn?.bytes === before ? this.drawn?.graph : undefined
    const graph = new Graph(next.flags, earlier, new Set(flags))
    this.drawn = { bytes: after, graph }
    return { flags: graph.affected(flags, new Set(segments), old.conflict !== next.conflict), segments }
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
    const engine = new Engine(this.module, bytes, this.misuse)
    if (engine.info.environment !== this.environment) {
      throw new FrameError('refused', `the snapshot is of environment ${quoted(this.secret.line(engine.info.environment))}, not ${quoted(this.environment)}`)
    }
    if (engine.info.unreadable > 0) {
      this.log.warn("gonfalon: a newer control plane wrote records that this engine can't read; such flags are off, and so are those that require them", engine.info)
    }
    return engine
  }

  /** Another lineage is taken at once: the environment was created again, or restored. */
  private check(engine: Engine, old: Engine, supersedes: boolean): void {
    const { lineage, revision } = engine.info
    if (lineage === noLineage) return
    if (lineage !== old.info.lineage) {
      this.log.warn(`gonfalon: the environment has a new lineage: it was created again, or restored`, { from: old.info, to: engine.info })
      return
    }
    if (supersedes && revision <= old.info.revision) {
      this.log.warn('gonfalon: the control plane never had the snapshot that serves, and replaces it', { from: old.info, to: engine.info })
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
