import { subscribe } from 'node:diagnostics_channel'

/** How many answers a server may announce (103, 102) before the one that counts. Platforms read them without an end. */
const maxHints = 100

/** Requests that are being sent, by method and address, and how many. */
const sending = new Map<string, number>()
/** The connections of requests that were sent, and how often each was told of an answer to come. */
const sent = new WeakMap<object, { readonly socket: Socket; hints: number }>()
let subscribed = false

interface Socket {
  unref?(): void
  destroy?(error: Error): void
}

/** What Node's fetch says of a request whose head it sends. */
interface Sending {
  readonly request: { readonly method: string; readonly origin: string | URL; readonly path: string }
  readonly socket: Socket
}

/** What Node's fetch says of an answer's head. */
interface Answer {
  readonly request: object
  readonly response: { readonly statusCode: number }
}

/**
 * Makes requests whose connections don't keep the program running, as fetch's own do, and which a server can't answer without an
 * end by announcing answers.
 *
 * Why: RATIONALE.md "How does a program of Node end while a stream is open?"
 */
export function inBackground(request?: typeof fetch): typeof fetch {
  if (!subscribed) {
    subscribe('undici:client:sendHeaders', (message) => follow(message as Sending))
    subscribe('undici:request:headers', (message) => count(message as Answer))
  }
  subscribed = true
  return async (input, init) => {
    const method = init?.method ?? 'GET'
    const key = `${method} ${new URL(input instanceof Request ? input.url : input).href}`
    sending.set(key, (sending.get(key) ?? 0) + 1)
    try {
      return await (request ?? fetch)(input, init)
    } finally {
      const others = sending.get(key)! - 1
      if (others === 0) sending.delete(key)
      else sending.set(key, others)
    }
  }
}

/** A report keeps the program running until it has arrived. */
function follow({ request, socket }: Sending): void {
  if (sending.size === 0) return
  const url = URL.canParse(request.path, request.origin) ? new URL(request.path, request.origin).href : ''
  if (!sending.has(`${request.method} ${url}`)) return
  if (request.method === 'GET') socket.unref?.()
  sent.set(request, { socket, hints: 0 })
}

function count({ request, response }: Answer): void {
  const asked = response.statusCode < 200 ? sent.get(request) : undefined
  if (asked !== undefined && ++asked.hints > maxHints) asked.socket.destroy?.(new Error(`the server announces an answer more than ${maxHints} times`))
}
