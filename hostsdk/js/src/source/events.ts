import { createParser, type EventSourceMessage } from 'eventsource-parser'

/** How long a stream may say nothing, in milliseconds: three heartbeats. */
export const silence = 45_000

/**
 * Reads a response of type `text/event-stream` to its end, one event after another.
 *
 * @param maxEvent the largest event in characters; the stream is given up at one that is larger.
 * @param heard called with every piece that comes in.
 */
export async function readEvents(
  response: Response,
  maxEvent: number,
  heard: () => void,
  take: (event: EventSourceMessage) => Promise<void> | void,
): Promise<void> {
  const type = response.headers.get('content-type') ?? ''
  if (response.body === null || !/^text\/event-stream\s*(;|$)/i.test(type)) {
    await response.body?.cancel()
    throw new Error(`the answer is of type ${JSON.stringify(type)}, not a stream of events`)
  }
  const events: EventSourceMessage[] = []
  const parser = createParser({
    maxBufferSize: maxEvent,
    onEvent: (event) => events.push(event),
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
      heard()
      parser.feed(decoder.decode(value, { stream: true }))
      for (const event of events.splice(0)) await take(event)
    }
  } finally {
    // Whoever throws is done with the stream; how that ends is nobody's business any more.
    reader.cancel().catch(() => {})
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
    this.timer = setTimeout(() => this.controller.abort(new Error('the stream has gone silent')), this.patience)
  }

  stop(): void {
    clearTimeout(this.timer)
  }
}
