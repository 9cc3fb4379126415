/**
 * The control plane's HTTP API, for programs that read and write flags. Its types come from the API's OpenAPI document.
 *
 * @packageDocumentation
 */
import createClient, { type Client } from 'openapi-fetch'
import type { components, paths } from './admin/api.js'
import type { Secret } from './secret.js'
import { readBody } from './source/failure.js'
import { cleaned, serverOf, withoutRedirects } from './source/request.js'

/** How a program reaches the control plane. */
export interface AdminOptions {
  /** The control plane's address, such as `https://flags.example.com`. */
  readonly endpoint: string | URL
  /** A token whose role may do what is asked: viewer, editor or admin. */
  readonly token: string
  /** Makes requests, for proxies, certificates and tests; defaults to the platform's. */
  readonly fetch?: typeof fetch | undefined
}

/** A client of the API: `GET`, `PUT`, `POST`, `PATCH` and `DELETE` take a path of the OpenAPI document, as it stands there. */
export type Admin = Client<paths>

/** What a document of the API looks like: a flag is `Schemas['Flag']`. */
export type Schemas = components['schemas']

/**
 * Makes a client. Nothing is sent yet.
 *
 * ```ts
 * const admin = adminClient({ endpoint: 'http://127.0.0.1:8080', token: process.env.GONFALON_TOKEN! })
 * const { data, error } = await admin.GET('/v1/envs/{env}/flags/{key}', { params: { path: { env: 'default', key: 'new_checkout' } } })
 * ```
 *
 * A call resolves with `data`, or with `error`, which says what is wrong. It rejects only if there was no answer. Redirects are not
 * followed, so that the token reaches nobody else.
 *
 * @throws TypeError for an endpoint that can't be one.
 */
export function adminClient(options: AdminOptions): Admin {
  const { endpoint, secret, fetch } = serverOf(options)
  const admin = createClient<paths>({
    baseUrl: endpoint!.replace(/\/+$/, ''),
    headers: { Authorization: secret.authorization },
    fetch: async (request) => withoutToken(await withoutRedirects(request, secret, fetch), secret),
  })
  // What can't be read of an answer is repeated by the platform's own errors.
  const calls = admin as unknown as Record<string, (...asked: unknown[]) => Promise<unknown>>
  for (const method of ['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE']) {
    const call = calls[method]!
    calls[method] = (...asked) => call(...asked).catch(cleaned(secret))
  }
  return admin
}

/** The most of an error's document that is read. */
const maxProblem = 1 << 20

/** A refusal whose document doesn't repeat the token: programs print what went wrong. */
async function withoutToken(response: Response, secret: Secret): Promise<Response> {
  if (response.ok || response.body === null) return response
  const { bytes } = await readBody(response, maxProblem)
  const headers = new Headers(response.headers)
  for (const name of ['content-length', 'content-encoding']) headers.delete(name) // of the body as it came
  return new Response(secret.hide(new TextDecoder().decode(bytes)), { status: response.status, statusText: secret.line(response.statusText), headers })
}
