/**
 * Feature flags in a page. With a client token the control plane decides and rules never reach the page; a page that is given a
 * snapshot on purpose decides by itself.
 *
 * @packageDocumentation
 */
import { Client } from './client.js'
import { compileModule } from './engine/module.js'
import type { Options } from './options.js'
import { RemoteFlags, type RemoteOptions } from './remote/remote.js'

/** Options of a page that decides by itself: it needs a snapshot (`bootstrap`), or a token that may read snapshots (`source`). */
export type LocalOptions = Options & ({ readonly bootstrap: Uint8Array | ArrayBuffer } | { readonly source: NonNullable<Options['source']> })

/**
 * A client in a page.
 *
 * ```ts
 * const flags = await Gonfalon.connect({ endpoint: 'https://flags.example.com', token, context: { actor: 'user:3' } })
 * if (flags.enabled('new_checkout')) …
 * ```
 */
export const Gonfalon = { connect }

/** Makes a client that decides here, by a snapshot. The engine is loaded only then. */
async function connect(options: LocalOptions): Promise<Client>
/**
 * Makes a client that asks the control plane, and waits for its first answer as `readyWithin` says. An unreachable server is not
 * an error: the client answers from the result that it kept, or with the callers' defaults, and keeps trying.
 */
async function connect(options: RemoteOptions): Promise<RemoteFlags>
async function connect(options: LocalOptions | RemoteOptions): Promise<Client | RemoteFlags> {
  if ('bootstrap' in options || 'source' in options) {
    const client = new Client(await compileModule(), options, undefined)
    await client.start()
    return client
  }
  const client = new RemoteFlags(options)
  await client.start()
  return client
}

export type { Client } from './client.js'
export type { Options } from './options.js'
export { RemoteFlags, type RemoteOptions } from './remote/remote.js'
export { useModule } from './engine/module.js'
export * from './shared.js'
