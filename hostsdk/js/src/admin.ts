/**
 * The control plane's HTTP API, for programs that read and write flags. Its types come from the API's OpenAPI document.
 *
 * @packageDocumentation
 */
import createClient, { type Client } from 'openapi-fetch'
import type { components, paths } from './admin/api.js'
import { withoutRedirects } from './source/request.js'

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
 */
export function adminClient({ endpoint, token, fetch }: AdminOptions): Admin {
  return createClient<paths>({
    baseUrl: String(endpoint).replace(/\/+$/, ''),
    headers: { Authorization: `Bearer ${token}` },
    fetch: (request) => withoutRedirects(request, fetch),
  })
}
