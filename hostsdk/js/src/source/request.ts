import { endpointOf } from '../endpoint.js'
import { Secret } from '../secret.js'

/** How many redirects one request follows. */
const maxRedirects = 5

/** Statuses that redirect; a POST is sent again for the last two only. */
const redirects: readonly number[] = [301, 302, 303, 307, 308]

/** A control plane: where it is, and how it is asked. */
export interface Server {
  /** Undefined: there is none to be asked. */
  readonly endpoint: string | undefined
  readonly secret: Secret
  readonly fetch: typeof fetch | undefined
}

/**
 * Returns the server that a client's options name.
 *
 * @throws TypeError for an endpoint that can't be one.
 */
export function serverOf({ endpoint, token, fetch }: { readonly endpoint?: string | URL | undefined; readonly token?: string | undefined; readonly fetch?: typeof globalThis.fetch | undefined }): Server {
  return { endpoint: endpoint === undefined ? undefined : endpointOf(endpoint), secret: new Secret(token), fetch }
}

/**
 * Asks the control plane. Answers are never taken from a cache: entity tags say what has changed. Redirects are followed within
 * the endpoint's origin only, so that the token reaches nobody else; a page, which can't see where they lead, follows none.
 */
export async function request(server: Server, path: string, init: RequestInit): Promise<Response> {
  const { endpoint, secret } = server
  if (endpoint === undefined) throw new Error('this needs an endpoint')
  const headers = new Headers(init.headers)
  if (secret.authorization !== undefined) headers.set('Authorization', secret.authorization)
  let url = endpoint.replace(/\/+$/, '') + path
  for (let followed = 0; ; followed++) {
    const response = await (server.fetch ?? fetch)(url, { cache: 'no-store', ...init, headers, redirect: 'manual' }).catch(cleaned(secret))
    if (!isRedirect(response)) return response
    await response.body?.cancel()
    url = target(response, url, secret, init.method)
    if (followed === maxRedirects) throw new Error(`the control plane redirects more than ${maxRedirects} times`)
  }
}

/** Sends a request of any kind, and follows no redirect at all. */
export async function withoutRedirects(request: Request, secret: Secret, send: typeof fetch = fetch): Promise<Response> {
  const response = await send(request, { redirect: 'manual' }).catch(cleaned(secret))
  if (!isRedirect(response)) return response
  await response.body?.cancel()
  throw new Error(`the control plane redirects to ${secret.line(response.headers.get('location') ?? 'another address')}, which is not followed`)
}

/** What the platform says of an answer that is no HTTP has the server's bytes in it. */
export const cleaned = (secret: Secret) => (error: unknown): never => {
  throw secret.clean(error)
}

function isRedirect(response: Response): boolean {
  return response.type === 'opaqueredirect' || redirects.includes(response.status)
}

/** Returns where a redirect leads, if it may be followed. */
function target(response: Response, from: string, secret: Secret, method = 'GET'): string {
  const location = response.headers.get('location')
  if (location === null || !URL.canParse(location, from)) throw new Error("the control plane redirects, and doesn't show where: give the endpoint that it redirects to")
  const to = new URL(location, from)
  if (to.origin !== new URL(from).origin) {
    throw new Error(`the control plane redirects to ${secret.line(to.origin)}, which is not followed: give that as the endpoint, if it is meant`)
  }
  if (method !== 'GET' && response.status < 307) throw new Error(`the control plane redirects a ${method} with status ${response.status}`)
  return to.href
}
