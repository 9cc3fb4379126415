import { subscribe } from 'node:diagnostics_channel'

/** Requests that are being sent, by address, and how many. */
const sending = new Map<string, number>()
let subscribed = false

/** What Node's fetch says of a request whose head it sends. */
interface Sent {
  readonly request: { readonly origin: string | URL; readonly path: string }
  readonly socket: { unref?(): void }
}

/**
 * Makes requests whose connections don't keep the program running, as fetch's own do.
 *
 * Why: RATIONALE.md "How does a program of Node end while a stream is open?"
 */
export function inBackground(request?: typeof fetch): typeof fetch {
  if (!subscribed) subscribe('undici:client:sendHeaders', (message) => release(message as Sent))
  subscribed = true
  return async (input, init) => {
    if (init?.method !== undefined && init.method !== 'GET') return (request ?? fetch)(input, init)
    const address = new URL(input instanceof Request ? input.url : input).href
    sending.set(address, (sending.get(address) ?? 0) + 1)
    try {
      return await (request ?? fetch)(input, init)
    } finally {
      const others = sending.get(address)! - 1
      if (others === 0) sending.delete(address)
      else sending.set(address, others)
    }
  }
}

function release({ request, socket }: Sent): void {
  if (sending.size === 0) return
  const url = URL.canParse(request.path, request.origin) ? new URL(request.path, request.origin).href : ''
  if (sending.has(url)) socket.unref?.()
}
