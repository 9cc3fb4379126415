import type { Options } from '../options.js'
import { quoted } from '../quoted.js'

/** How many redirects one request follows. */
const maxRedirects = 5

/** Statuses that redirect; a POST is sent again for the last two only. */
const redirects: readonly number[] = [301, 302, 303, 307, 308]

/**
 * Asks the control plane. Answers are never taken from a cache: entity tags say what has changed. Redirects are followed within
 * the endpoint's origin only, so that the token reaches nobody else; a page, which can't see where they lead, follows none.
 */
export async function request(options: Pick<Options, 'endpoint' | 'token' | 'fetch'>, path: string, init: RequestInit): Promise<Response> {
  if (options.endpoint === undefined) throw new Error('this needs an endpoint')
  const headers = new Headers(init.headers)
  if (options.token !== undefined) headers.set('Authorization', `Bearer ${options.token}`)
  let url = String(options.endpoint).replace(/\/+$/, '') + path
  for (let followed = 0; ; followed++) {
    const response = await (options.fetch ?? fetch)(url, { cache: 'no-store', ...init, headers, redirect: 'manual' })
    if (!isRedirect(response)) return response
    await response.body?.cancel()
    url = target(response, url, init.method)
    if (followed === maxRedirects) throw new Error(`the control plane redirects more than ${maxRedirects} times`)
  }
}

/** Sends a request of any kind, and follows no redirect at all. */
export async function withoutRedirects(request: Request, send: typeof fetch = fetch): Promise<Response> {
  const response = await send(request, { redirect: 'manual' })
  if (!isRedirect(response)) return response
  await response.body?.cancel()
  throw new Error(`the control plane redirects to ${quoted(response.headers.get('location') ?? 'another address')}, which is not followed`)
}

function isRedirect(response: Response): boolean {
  return response.type === 'opaqueredirect' || redirects.includes(response.status)
}

/** Returns where a redirect leads, if it may be followed. */
function target(response: Response, from: string, method = 'GET'): string {
  const location = response.headers.get('location')
  if (location === null || !URL.canParse(location, from)) throw new Error("the control plane redirects, and doesn't show where: give the endpoint that it redirects to")
  const to = new URL(location, from)
  if (to.origin !== new URL(from).origin) {
    throw new Error(`the control plane redirects to ${to.origin}, which is not followed: give that as the endpoint, if it is meant`)
  }
  if (method !== 'GET' && response.status < 307) throw new Error(`the control plane redirects a ${method} with status ${response.status}`)
  return to.href
}
