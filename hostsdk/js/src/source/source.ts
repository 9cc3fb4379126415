import type { SnapshotInfo } from '../engine/engine.js'

/** Brings snapshots and deltas. {@link stream} and {@link poll} return one; you can write others, which call {@link Feed.take}. */
export interface Source {
  /**
   * Brings frames until the signal aborts. If it loses its connection before, it rejects with the reason, and is called again
   * after a pause. It resolves before that only if nothing more will ever come: what serves then stays.
   */
  run(feed: Feed, signal: AbortSignal): Promise<void>
}

/** Whether an answer to a client with this snapshot takes its place, even with a lower revision. */
export function supersedes(response: Response, serving: SnapshotInfo | undefined): boolean {
  return serving !== undefined && response.headers.get('x-gonfalon-supersedes') === serving.position
}

/** A client as its source sees it. */
export interface Feed {
  /** The key of the client's environment. */
  readonly environment: string
  /** The snapshot that serves; undefined if none does. */
  readonly serving: SnapshotInfo | undefined
  /** Whether this connection has delivered something. */
  readonly fed: boolean
  /**
   * Hands a frame to the client: a whole snapshot or a delta, which differ in their first byte. The client checks it and serves
   * it. A snapshot that it already serves counts as a sign of life.
   *
   * @param supersedes the control plane has made sure that it never had what serves: the snapshot takes its place even with a
   * lower revision.
   * @throws FrameError if the frame changed nothing.
   */
  take(frame: Uint8Array, supersedes?: boolean): void
  /** Counts and logs a frame that couldn't even be decoded, and returns the error to throw. */
  refuse(detail: string, cause?: unknown): Error
  /** Says that the source confirms what serves, by a heartbeat or an answer that nothing has changed. */
  confirm(): void
  /** Requests a path below the endpoint from the control plane, with the token. It rejects for any status but 200 and 304. */
  get(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response>
}
