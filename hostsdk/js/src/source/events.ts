import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { longestAsked } from './failure.js'
import { later } from './pause.js'

/** How long a stream may say nothing, in milliseconds: three heartbeats. */
export const silence = 45_000

/** How many lines an event may have: a few fields, each of one line. */
const maxLines = 1_000

/** Types that other servers answer with. Any other text may be anything, the token too. */
const common = /^(text\/(html|plain)|application\/(json|octet-stream|problem\+json))(?=\s*(;|$))/i

/** What a reader of events hears besides them. */
export interface Ears {
  /** Called with every piece that comes in. */
  heard(): void
  /** Called when the server says how many milliseconds to wait before the next connection. */
  retry?(ms: number): void
}

/**
 * Reads a response of type `text/event-stream` to its end, one event after another.
 *
 * @param maxEvent the largest event in characters; the stream is given up at one that is larger, or has too many lines.
 */
export async function readEvents(
  response: Response,
  maxEvent: number,
  ears: Ears,
  take: (event: EventSourceMessage) => Promise<void> | void,
): Promise<void> {
  const type = response.headers.get('content-type') ?? ''
  if (response.body === null || !/^text\/event-stream\s*(;|$)/i.test(type)) {
    await response.body?.cancel()
    throw new Error(`the answer is of type ${common.exec(type)?.[0] ?? 'something else'}, not a stream of events`)
  }
  const events: EventSourceMessage[] = []
  const lines = new Lines()
  const parser = createParser({
    maxBufferSize: maxEvent,
    onEvent: (event) => events.push(event),
    onRetry: (ms) => ears.retry?.(Math.min(ms, longestAsked)),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw error
    },
  })
  const decoder = new TextDecoder()
  const reader = response.body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      ears.heard()
      const text = decoder.decode(value, { stream: true })
      lines.count(text)
      parser.feed(text)
      for (const event of events.splice(0)) await take(event)
    }
  } finally {
    // Whoever throws is done with the stream; how that ends is nobody's business any more.
    reader.cancel().catch(() => {})
  }
}

/** Counts the lines of the event that comes in. The parser keeps each of them apart, at many times its size. */
class Lines {
  private lines = 0
  private empty = true
  /** The last character was \r, which ends a line with or without \n. */
  private returned = false

  count(text: string): void {
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i)
      const ends = c === 13 || (c === 10 && !this.returned)
      this.returned = c === 13
      if (c !== 10 && c !== 13) this.empty = false
      if (!ends) continue
      this.lines = this.empty ? 0 : this.lines + 1
      this.empty = true
      if (this.lines > maxLines) throw new Error(`an event of the stream has more than ${maxLines} lines`)
    }
  }
}

/** Aborts when nothing has called {@link Watchdog.heard} for a while. */
export class Watchdog {
  private readonly controller = new AbortController()
  private timer: ReturnType<typeof setTimeout> | undefined
  readonly signal: AbortSignal

  constructor(
    private readonly patience: number,
    outer: AbortSignal,
  ) {
    this.signal = AbortSignal.any([outer, this.controller.signal])
    this.heard()
  }

  heard = (): void => {
    clearTimeout(this.timer)
    this.timer = later(this.patience, () => this.controller.abort(new Error('the stream has gone silent')))
  }

  stop(): void {
    clearTimeout(this.timer)
  }
}
