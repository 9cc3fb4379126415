import type { SnapshotInfo } from '../engine/engine.js'

/** Brings snapshots and deltas. {@link stream} and {@link poll} make some; whatever can call {@link Feed.take} is one too. */
export interface Source {
  /**
   * Brings frames until the signal aborts. If the connection is lost before, it rejects with the reason, and is called again
   * after a pause. It resolves before that only when nothing more will ever come: then what serves stands.
   */
  run(feed: Feed, signal: AbortSignal): Promise<void>
}

/** A client as its source sees it. */
export interface Feed {
  /** The environment that the client wants. */
  readonly environment: string
  /** What serves now; undefined if nothing does. */
  readonly serving: SnapshotInfo | undefined
  /** Whether this connection has delivered something. */
  readonly fed: boolean
  /**
   * Hands a frame to the client: a whole snapshot or a delta, which are told apart by their bytes. The client checks it and
   * makes it serve; what it already serves is taken as a sign of life.
   *
   * @throws FrameError if the frame changed nothing.
   */
  take(frame: Uint8Array): void
  /** Counts and logs a frame that couldn't even be decoded, and gives the error to throw. */
  refuse(detail: string, cause?: unknown): Error
  /** Says that the source stands behind what serves: a heartbeat, or an answer that nothing has changed. */
  confirm(): void
  /** Asks the control plane for a path below the endpoint, with the token. It rejects for an answer other than 200 and 304. */
  get(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response>
}
