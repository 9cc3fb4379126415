import type { Secret } from '../secret.js'

/** A source's answer that trying again soon won't change: the token is wrong, or there is no such environment. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'

  constructor(
    /** Of HTTP: 401, 403 or 404. */
    readonly status: number,
    detail: string,
  ) {
    super(`the control plane refuses: ${detail}`)
  }
}

/** An answer that says when to come back. */
export class LaterError extends Error {
  override readonly name = 'LaterError'

  constructor(
    /** Milliseconds. */
    readonly after: number,
    detail: string,
  ) {
    super(detail)
  }
}

/** The error of a stream that was lost, with the milliseconds after which its server wants it back (0: it didn't say). */
export function comeBack(retry: number, lost: unknown): unknown {
  if (retry === 0 || lost instanceof RefusedError || lost instanceof LaterError) return lost
  return new LaterError(retry, `the stream was lost: ${String(lost)}`)
}

/** A frame that changed nothing, and why. */
export class FrameError extends Error {
  override readonly name = 'FrameError'

  constructor(
    /**
     * `broken`: it can't be read. `base`: it is a delta for another snapshot than the one that serves. `refused`: it is well
     * formed, but older than what serves, or of another environment.
     */
    readonly kind: 'broken' | 'base' | 'refused',
    detail: string,
    cause?: unknown,
  ) {
    super(detail, { cause })
  }
}

/** How much of an error page is worth reading. */
const maxDetail = 512

/** The longest pause that a server can ask for, in milliseconds. */
export const longestAsked = 5 * 60_000

/** Makes an error of a response that is not what was asked for. */
export async function failure(response: Response, secret: Secret, now = Date.now()): Promise<Error> {
  let page = ''
  try {
    const { bytes, whole } = await readBody(response, maxDetail + secret.size)
    page = secret.line(new TextDecoder().decode(bytes), whole)
  } catch {
    // The status says enough.
  }
  const { pathname } = new URL(response.url || 'http://unknown/')
  const detail = `${secret.line(pathname)} answered ${response.status} ${secret.line(response.statusText)}${page && ': '}${page}`
  switch (response.status) {
    case 401:
    case 403:
    case 404:
      return new RefusedError(response.status, detail)
    case 429:
    case 503:
      return new LaterError(retryAfter(response.headers.get('retry-after'), now), detail)
  }
  return new Error(detail)
}

/** Reads the header, seconds or a date, as milliseconds; 0 if there is none. */
export function retryAfter(header: string | null, now: number): number {
  if (header === null) return 0
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), longestAsked)
}

/** Reads a body; `whole` is false if it is larger than `limit`, and the rest of it is left. */
export async function readBody(response: Response, limit: number): Promise<{ bytes: Uint8Array<ArrayBuffer>; whole: boolean }> {
  const reader = response.body?.getReader()
  const parts: Uint8Array[] = []
  let size = 0
  let whole = true
  while (reader !== undefined) {
    const { done, value } = await reader.read()
    if (done) break
    parts.push(value)
    size += value.length
    if (size > limit) {
      whole = false
      await reader.cancel()
      break
    }
  }
  const bytes = new Uint8Array(Math.min(size, limit))
  let at = 0
  for (const part of parts) {
    bytes.set(part.subarray(0, bytes.length - at), at)
    at = Math.min(at + part.length, bytes.length)
  }
  return { bytes, whole }
}
