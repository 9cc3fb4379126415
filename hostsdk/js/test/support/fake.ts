import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'

/** A control plane that does what a test tells it to. */
export class Fake {
  /** What `GET …/snapshot` answers. */
  snapshot: Uint8Array | undefined
  /** What the stream sends to begin with; by default the snapshot, unless the client has it. */
  first: ((request: IncomingMessage) => string) | undefined
  /** Answers in place of everything else, if it answers. */
  intercept: ((request: IncomingMessage, response: ServerResponse, body: string) => boolean) | undefined

  readonly requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = []
  private readonly streams = new Set<ServerResponse>()
  private waiting: (() => void)[] = []

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(t: { after(end: () => unknown): void }, port = 0): Promise<Fake> {
    const server = createServer((request, response) => void fake.serve(request, response))
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const fake = new Fake(server, (server.address() as AddressInfo).port)
    t.after(() => fake.stop())
    return fake
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve))
  }

  /** Sends an event to every open stream. */
  send(event: string, data: Uint8Array | string = '', id?: string): void {
    this.write(message(event, data, id))
  }

  /** Writes to every open stream, as it stands. */
  write(text: string): void {
    for (const stream of this.streams) stream.write(text)
  }

  /** Ends every open stream. */
  drop(): void {
    for (const stream of this.streams) stream.destroy()
    this.streams.clear()
  }

  count(path: string): number {
    return this.requests.filter(({ url }) => url.startsWith(path)).length
  }

  /** Waits until there have been so many requests for a path. */
  async asked(path: string, times = 1): Promise<void> {
    while (this.count(path) < times) await new Promise<void>((resolve) => this.waiting.push(resolve))
  }

  /** Waits until so many streams are open. */
  async streaming(streams = 1): Promise<void> {
    while (this.streams.size < streams) await new Promise<void>((resolve) => this.waiting.push(resolve))
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const url = request.url ?? ''
    this.requests.push({ method: request.method ?? '', url, headers: request.headers, body })
    if (this.intercept?.(request, response, body) !== true) this.answer(request, response, url)
    for (const resolve of this.waiting.splice(0)) resolve()
  }

  private answer(request: IncomingMessage, response: ServerResponse, url: string): void {
    if (/\/snapshot\?formats=1$/.test(url) && this.snapshot !== undefined) {
      const tag = `"${hex(this.snapshot.slice(-32))}"`
      if (request.headers['if-none-match'] === tag) response.writeHead(304, { ETag: tag }).end()
      else response.writeHead(200, { ETag: tag }).end(this.snapshot)
    } else if (/\/stream\?formats=1$/.test(url)) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      this.streams.add(response)
      response.on('close', () => this.streams.delete(response))
      response.write(this.first?.(request) ?? (this.snapshot === undefined ? ':\n\n' : message('snapshot', this.snapshot)))
    } else if (/\/usage$/.test(url)) response.writeHead(202).end()
    else response.writeHead(404).end('nothing here')
  }
}

export function message(event: string, data: Uint8Array | string, id?: string): string {
  const text = typeof data === 'string' ? data : Buffer.from(data).toString('base64')
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${text}\n\n`
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
