/**
 * Feature flags evaluated in this process: `Gonfalon.connect` keeps a snapshot of an environment in memory and follows its
 * changes. The engine, a WebAssembly module that decides the same in every language, evaluates flags at once.
 *
 * @packageDocumentation
 */
import { inBackground } from './background.js'
import { Client } from './client.js'
import { compileModule, useModule } from './engine/module.js'
import { LastGood } from './last_good.js'
import { guarded, warnings } from './log.js'
import { readSnapshot } from './source/file.js'
import type { Options as ClientOptions } from './options.js'

/** Options of a client in Node. */
export interface Options extends Omit<ClientOptions, 'bootstrap'> {
  /** A snapshot to start with: its bytes, or the path of its file. One that can't be loaded is an error. */
  readonly bootstrap?: Uint8Array | ArrayBuffer | string | URL | undefined
  /** A file that keeps the last snapshot across restarts. Each process needs its own, or at least its own environment. */
  readonly lastGood?: string | undefined
  /** The compiled engine of another thread, see {@link Gonfalon.module}. */
  readonly module?: WebAssembly.Module | undefined
}

/**
 * A client that decides in this process.
 *
 * ```ts
 * const flags = await Gonfalon.connect({ endpoint: 'http://127.0.0.1:8080', token: process.env.GONFALON_TOKEN })
 * if (flags.enabled('new_checkout', { actor: 'user:3', attributes: { plan: 'pro' } })) …
 * await flags.close()
 * ```
 */
export class Gonfalon extends Client {
  /**
   * Makes a client and waits until it is ready, as `readyWithin` says. An unreachable or refusing server is not an error: the
   * client answers from what it has, or with the callers' defaults, and keeps trying; see `state`.
   *
   * @throws TypeError for options that can't work, LoadError for a bootstrap that can't be loaded.
   */
  static async connect(options: Options): Promise<Gonfalon> {
    if (options.module !== undefined) useModule(options.module)
    const module = await compileModule()
    const { bootstrap, lastGood } = options
    const bytes = typeof bootstrap === 'string' || bootstrap instanceof URL ? await readSnapshot(bootstrap) : bootstrap
    const keeper = lastGood === undefined ? undefined : new LastGood(lastGood, guarded(options.logger ?? warnings))
    const client = new Gonfalon(module, { ...options, bootstrap: bytes, fetch: inBackground(options.fetch) }, keeper)
    try {
      await client.start()
    } catch (error) {
      await client.close()
      throw error
    }
    return client
  }

  /** The compiled engine, to be handed to worker threads by `workerData`, so that they need not compile it again. */
  static module(): Promise<WebAssembly.Module> {
    return compileModule()
  }
}

export { score } from './score.js'
export { file } from './source/file.js'
export * from './shared.js'
