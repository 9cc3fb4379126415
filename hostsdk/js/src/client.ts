import type { Context } from './context.js'
import { bitEnabled, reasonOf, reasonUnknownFlag, undecided, type Decision } from './decision.js'
import { Emitter, type State } from './emitter.js'
import type { Clock } from './engine/clock.js'
import type { Explanation } from './engine/explanation.js'
import { LoadError } from './engine/load_error.js'
import { Flags, override, type Query, type Stats } from './flags.js'
import { warnings, type Logger } from './log.js'
import { failure, FrameError } from './source/failure.js'
import { Pauses, sleep } from './source/pause.js'
import { poll } from './source/poll.js'
import type { Feed, Source } from './source/source.js'
import { stream } from './source/stream.js'
import { Status } from './status.js'
import { Store } from './store.js'
import { Usage, type FlagUsage } from './usage.js'

/** Where flags come from, and how a client treats them. One of `endpoint`, `source`, `bootstrap` or `lastGood` is needed. */
export interface Options {
  /** The control plane's address, such as `https://flags.example.com`. */
  readonly endpoint?: string | URL | undefined
  /** A token of role sdk, viewer or more. */
  readonly token?: string | undefined
  /** The environment's key; defaults to `default`. */
  readonly environment?: string | undefined

  /** What brings snapshots: `stream` (the default if there is an endpoint), `poll`, or your own source. */
  readonly source?: 'stream' | 'poll' | Source | undefined
  /** Milliseconds between polls; defaults to 15,000. */
  readonly pollInterval?: number | undefined
  /** A snapshot to start with. If it can't be loaded, {@link Gonfalon.connect} rejects. */
  readonly bootstrap?: Uint8Array | ArrayBuffer | undefined

  /**
   * Milliseconds that {@link Gonfalon.connect} waits for the source; defaults to 5,000, and 0 doesn't wait. If there is a
   * snapshot to start with, it stops waiting when the source has failed once.
   */
  readonly readyWithin?: number | undefined
  /** Milliseconds without contact from the source that make a client `STALE`; it keeps answering. Defaults to never. */
  readonly ttl?: number | undefined
  /** Milliseconds that a client stays `READY` after it has lost its source; defaults to 5,000. */
  readonly grace?: number | undefined

  /** Milliseconds between reports of how often flags were evaluated; defaults to 60,000, and false is never. */
  readonly usage?: number | false | undefined
  /** Receives the reports; by default they go to the endpoint. */
  readonly reportUsage?: ((environment: string, flags: Record<string, FlagUsage>) => Promise<void>) | undefined

  /** Where the client logs; defaults to warnings on the console. */
  readonly logger?: Logger | undefined
  /** Makes requests, for proxies, certificates and tests; defaults to the platform's. */
  readonly fetch?: typeof fetch | undefined
  /** Returns Unix milliseconds, for schedules. */
  readonly clock?: (() => number) | undefined
  /** Returns 64 bits of chance, for percentages of time: two whole numbers below 2^32. */
  readonly roll?: (() => readonly [high: number, low: number]) | undefined
}

/** Keeps the last good snapshot across restarts, where the platform has a place for it. */
export interface Keeper {
  /** What was kept; undefined if nothing was, or it can't be read. */
  read(): Promise<Uint8Array | undefined>
  /** Keeps bytes; later ones replace those that still wait. */
  write(bytes: Uint8Array): void
  /** Resolves when nothing waits any more. */
  flush(): Promise<void>
}

/** How long a report of usage may take, in milliseconds; and the one on close. */
const reportPatience = 10_000
const lastPatience = 1_000

/** A client that decides in this process, by a snapshot in memory. */
export class Client extends Flags {
  protected readonly emitter = new Emitter()
  private readonly store: Store
  private readonly status: Status
  private readonly clock: Clock
  private readonly log: Logger
  private readonly source: Source | undefined
  private readonly environment: string
  private readonly usage: Usage | undefined
  private readonly ended = new AbortController()
  private listening: Promise<void> = Promise.resolve()
  private closing: Promise<void> | undefined
  private broken = 0

  /** `Gonfalon.connect` makes one. */
  constructor(
    module: WebAssembly.Module,
    private readonly options: Options,
    private readonly keeper: Keeper | undefined,
  ) {
    super()
    this.environment = options.environment ?? 'default'
    this.log = options.logger ?? warnings
    this.store = new Store(module, this.environment, this.log)
    this.status = new Status(() => this.store.engine !== undefined, this.emitter, options.grace ?? 5_000, options.ttl)
    this.clock = { now: options.clock ?? Date.now, roll: options.roll }
    this.source = sourceOf(options)
    if (this.source === undefined && options.bootstrap === undefined && keeper === undefined) {
      throw new TypeError('gonfalon: nothing to take flags from: give an endpoint, a source, a bootstrap or lastGood')
    }
    const report = options.reportUsage ?? (options.endpoint === undefined ? undefined : this.postUsage)
    if (report !== undefined && options.usage !== false) {
      this.usage = new Usage(
        (flags) => report.call(this, this.environment, flags),
        options.usage ?? 60_000,
        (error) => this.log.info('gonfalon: usage could not be reported, and goes into the next report', error),
      )
    }
  }

  /** Loads what is at hand, and waits for the source as {@link Options.readyWithin} says. */
  async start(): Promise<void> {
    this.loadBootstrap()
    await this.loadLastGood()
    this.begin()
    const within = this.options.readyWithin ?? 5_000
    if (within <= 0) return
    const enough = new AbortController()
    await Promise.race([this.status.settled, sleep(within, enough.signal).catch(() => {})])
    enough.abort()
    if (this.store.engine === undefined) {
      this.log.warn(`gonfalon: no snapshot yet, callers get their defaults (${this.state})`, this.status.error)
    }
  }

  /** Starts the source, by what is loaded. */
  protected begin(): void {
    this.status.begin(this.source === undefined)
    this.listening = this.listen()
  }

  get state(): State {
    return this.status.state
  }

  get stats(): Stats {
    const { status, store } = this
    return {
      state: status.state,
      info: store.engine?.info,
      age: status.age,
      taken: store.taken,
      refused: store.refused,
      broken: this.broken,
      traps: store.traps,
      lost: status.losses,
      lastError: status.error,
    }
  }

  /** A copy of the bytes that serve now, to be kept as a bootstrap; undefined before the first. */
  snapshot(): Uint8Array<ArrayBuffer> | undefined {
    return this.store.bytes?.slice() as Uint8Array<ArrayBuffer> | undefined
  }

  /** Keys of all flags that there are, ascending. */
  keys(): readonly string[] {
    return this.store.engine?.keys() ?? []
  }

  // The two that are called most read the packed decision, and make no object.

  override enabled(key: string, query?: Query<boolean>): boolean {
    if (this[override] !== undefined) return super.enabled(key, query)
    const packed = this.evaluate(key, query)
    return packed < 0 ? (query?.default ?? false) : (packed & bitEnabled) !== 0
  }

  override variant(key: string, query: Query<string> & { readonly default: string }): string
  override variant(key: string, query?: Query<string>): string | undefined
  override variant(key: string, query?: Query<string>): string | undefined {
    if (this[override] !== undefined) return super.variant(key, query)
    const packed = this.evaluate(key, query)
    return packed < 0 ? query?.default : (this.store.engine?.variant(packed)?.name ?? query?.default)
  }

  decide(key: string, context?: Context): Decision {
    const overridden = this[override]?.(key, context)
    if (overridden !== undefined) return overridden
    const { engine } = this.store
    if (engine === undefined) return undecided(key, 'NOT_READY')
    try {
      const decision = engine.decide(key, context, this.clock)
      if (decision.known) this.usage?.add(key)
      return decision
    } catch (error) {
      return undecided(key, 'NOT_READY', engine.info.revision, this.failed(error))
    }
  }

  decideAll(context?: Context, keys?: readonly string[]): Decision[] {
    const { engine } = this.store
    if (this[override] !== undefined) return (keys ?? this.keys()).map((key) => this.decide(key, context))
    if (engine === undefined) return (keys ?? []).map((key) => undecided(key, 'NOT_READY'))
    try {
      const decisions = engine.decideAll(keys ?? null, context, this.clock)
      if (this.usage !== undefined) {
        for (const decision of decisions) if (decision.known) this.usage.add(decision.key)
      }
      return decisions
    } catch (error) {
      const reason = this.failed(error)
      return (keys ?? []).map((key) => undecided(key, 'NOT_READY', engine.info.revision, reason))
    }
  }

  explain(key: string, context?: Context): Explanation {
    const { engine } = this.store
    const overridden = this[override]?.(key, context)
    if (overridden !== undefined) return { decision: overridden, steps: [] }
    if (engine === undefined) return { decision: undecided(key, 'NOT_READY'), steps: [] }
    try {
      return engine.explain(key, context, this.clock)
    } catch (error) {
      return { decision: undecided(key, 'NOT_READY', engine.info.revision, this.failed(error)), steps: [] }
    }
  }

  close(): Promise<void> {
    return (this.closing ??= this.end())
  }

  /** The packed decision; below 0 where the answer is the caller's default. */
  private evaluate(key: string, context: Context | undefined): number {
    const { engine } = this.store
    if (engine === undefined) return -1
    try {
      const packed = engine.evaluate(key, context, this.clock)
      if (reasonOf(packed) === reasonUnknownFlag) return -1
      this.usage?.add(key)
      return packed
    } catch (error) {
      this.failed(error)
      return -1
    }
  }

  /** A decision failed: because of its context, or because the engine trapped, which then is made again. */
  private failed(error: unknown): Error {
    this.broken++
    this.log.warn('gonfalon: a decision failed, its caller gets the default', error)
    // Deep recursion of the caller's can end inside the module, which is then no better off than after a trap.
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
      try {
        this.store.rebuild()
      } catch (again) {
        this.log.warn("gonfalon: the engine can't be rebuilt", again)
      }
      this.status.update()
    }
    return error instanceof Error ? error : new Error(String(error))
  }

  protected loadBootstrap(): void {
    const { bootstrap } = this.options
    if (bootstrap !== undefined) this.store.load(new Uint8Array(bootstrap as ArrayBuffer).slice())
  }

  /** Of bootstrap and last good the greater revision serves, if both are of one lineage; else the last good. */
  private async loadLastGood(): Promise<void> {
    const kept = await this.keeper?.read()
    if (kept === undefined) return
    const { engine, bytes } = this.store
    try {
      const { info } = this.store.load(kept)
      if (engine !== undefined && info.lineage === engine.info.lineage && info.revision < engine.info.revision) {
        this.store.engine = engine
        this.store.bytes = bytes
      }
    } catch (error) {
      if (!(error instanceof LoadError || error instanceof FrameError)) throw error
      this.log.warn('gonfalon: the last good snapshot is ignored', error)
    }
  }

  /** Runs the source, and again each time it is lost. */
  private async listen(): Promise<void> {
    if (this.source === undefined) return
    const { signal } = this.ended
    const pauses = new Pauses()
    while (!signal.aborted) {
      const connection = new Connection(this.store, this.status, this.options, this.environment, (frame) => this.take(frame))
      try {
        await this.source.run(connection, signal)
        if (!signal.aborted) this.status.lose(undefined)
        return
      } catch (error) {
        if (signal.aborted) return
        const reason = error instanceof Error ? error : new Error(String(error))
        this.status.lose(reason)
        if (connection.fed) pauses.reset()
        const pause = pauses.after(reason)
        this.log.info(`gonfalon: the source is lost; trying again in ${Math.round(pause)} ms`, reason)
        await sleep(pause, signal).catch(() => {})
      }
    }
  }

  private take(frame: Uint8Array): void {
    const changed = this.store.take(frame)
    if (changed !== undefined) this.keeper?.write(this.store.bytes!)
    this.status.confirm()
    if (changed !== undefined && this.emitter.has('change')) this.emitter.emit('change', changed())
  }

  private async postUsage(environment: string, flags: Record<string, FlagUsage>): Promise<void> {
    const patience = AbortSignal.timeout(this.closing === undefined ? reportPatience : lastPatience)
    const response = await request(this.options, `/v1/envs/${encodeURIComponent(environment)}/usage`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ flags }),
      signal: patience,
    })
    if (!response.ok) throw await failure(response)
    await response.body?.cancel()
  }

  private async end(): Promise<void> {
    this.ended.abort(new Error('the client is closed'))
    this.status.stop()
    this.usage?.stop()
    // The closing promise is set by now, so that the last report knows to be short.
    await Promise.resolve()
    await Promise.all([this.listening, this.usage?.flush(), this.keeper?.flush()])
  }
}

/** One run of a source. */
class Connection implements Feed {
  fed = false

  constructor(
    private readonly store: Store,
    private readonly status: Status,
    private readonly options: Options,
    readonly environment: string,
    private readonly taken: (frame: Uint8Array) => void,
  ) {}

  get serving(): Feed['serving'] {
    return this.store.engine?.info
  }

  take(frame: Uint8Array): void {
    this.taken(frame)
    this.fed = true
  }

  refuse(detail: string, cause?: unknown): Error {
    return this.store.refuse(new FrameError('broken', detail, cause), 0)
  }

  confirm(): void {
    this.fed = true
    this.status.confirm()
  }

  async get(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const response = await request(this.options, path, { headers, signal })
    if (response.status === 200 || response.status === 304) return response
    throw await failure(response)
  }
}

/** Asks the control plane. Answers are never taken from a cache: entity tags say what has changed. */
export function request(options: Pick<Options, 'endpoint' | 'token' | 'fetch'>, path: string, init: RequestInit): Promise<Response> {
  if (options.endpoint === undefined) return Promise.reject(new Error('this needs an endpoint'))
  const headers = new Headers(init.headers)
  if (options.token !== undefined) headers.set('Authorization', `Bearer ${options.token}`)
  const url = String(options.endpoint).replace(/\/+$/, '') + path
  return (options.fetch ?? fetch)(url, { cache: 'no-store', ...init, headers })
}

function sourceOf(options: Options): Source | undefined {
  const { source, endpoint } = options
  if (endpoint !== undefined && !URL.canParse(String(endpoint))) throw new TypeError(`gonfalon: ${JSON.stringify(endpoint)} is not the URL of an endpoint`)
  if (typeof source === 'object') return source
  if (endpoint === undefined) {
    if (source !== undefined) throw new TypeError(`gonfalon: the source "${source}" needs an endpoint`)
    return undefined
  }
  return source === 'poll' ? poll(options.pollInterval) : stream()
}
