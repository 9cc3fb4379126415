import { failure, FrameError } from './source/failure.js'
import { request, type Server } from './source/request.js'
import type { Feed } from './source/source.js'
import type { Status } from './status.js'
import type { Store } from './store.js'

/** One run of a source. */
export class Connection implements Feed {
  fed = false

  constructor(
    private readonly store: Store,
    private readonly status: Status,
    private readonly server: Server,
    readonly environment: string,
    private readonly taken: (frame: Uint8Array, supersedes: boolean) => void,
  ) {}

  get serving(): Feed['serving'] {
    return this.store.engine?.info
  }

  take(frame: Uint8Array, supersedes = false): void {
    this.taken(frame, supersedes)
    this.fed = true
  }

  refuse(detail: string, cause?: unknown): Error {
    return this.store.refuse(new FrameError('broken', detail, cause), 0)
  }

  confirm(): void {
    this.fed = true
    this.status.confirm()
  }

  async get(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const response = await request(this.server, path, { headers, signal })
    if (response.status === 200 || response.status === 304) return response
    throw await failure(response, this.server.secret)
  }
}
