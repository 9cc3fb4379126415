import type { Context } from './context.js'
import { bitEnabled, flagKey, flagKeys, reasonOf, reasonUnknownFlag, undecided, type Decision } from './decision.js'
import { Connection } from './connection.js'
import { Emitter, type Events, type State } from './emitter.js'
import { ContextError } from './engine/context_error.js'
import type { Clock } from './engine/clock.js'
import type { Explanation } from './engine/explanation.js'
import { lasting } from './engine/prepared.js'
import { Edges } from './edges.js'
import { defaultOf, Flags, override, type Query, type Stats } from './flags.js'
import { Host } from './host.js'
import { short } from './quoted.js'
import { guarded, warnings, type Logger } from './log.js'
import { Misuse } from './misuse.js'
import { sourceOf, type Keeper, type Options } from './options.js'
import { RefusedError } from './source/failure.js'
import { farewell, interval, Pauses, sleep, within } from './source/pause.js'
import { request, serverOf, type Server } from './source/request.js'
import type { Source } from './source/source.js'
import { Status } from './status.js'
import { Store, type Change } from './store.js'
import { Usage } from './usage.js'

/** How long a report of usage may take, in milliseconds. */
const reportPatience = 10_000

/** A client that decides in this process, by a snapshot in memory. */
export class Client extends Flags {
  protected readonly emitter = new Emitter()
  private readonly store: Store
  private readonly status: Status
  private readonly clock: Clock
  private readonly log: Logger
  private readonly misuse: Misuse
  private readonly edges: Edges
  private readonly source: Source | undefined
  private readonly server: Server
  private readonly options: Omit<Options, 'token'>
  private readonly environment: string
  private readonly usage: Usage | undefined
  private readonly host: Host | undefined
  private readonly ended = new AbortController()
  private listening: Promise<void> = Promise.resolve()
  private closing: Promise<void> | undefined
  /** Ends the last reports. */
  private last: AbortSignal | undefined
  private broken = 0

  /** `Gonfalon.connect` makes one. */
  constructor(
    module: WebAssembly.Module,
    { token, ...options }: Options,
    private readonly keeper: Keeper | undefined,
  ) {
    super()
    this.options = options
    this.server = serverOf({ ...options, token })
    this.environment = options.environment ?? 'default'
    this.log = guarded(options.logger ?? warnings)
    this.misuse = new Misuse(this.log)
    this.store = new Store(module, this.environment, this.server.secret, this.log, this.misuse)
    this.status = new Status(() => this.store.engine !== undefined, this.emitter, options.grace ?? 5_000, options.ttl)
    this.clock = { now: options.clock ?? Date.now, roll: options.roll }
    this.edges = new Edges(() => this.clock.now(), (flags) => this.announce({ flags, segments: [], lineageChanged: false }))
    this.source = sourceOf(options)
    if (this.source === undefined && options.bootstrap === undefined && keeper === undefined) {
      throw new TypeError('gonfalon: nothing to take flags from: give an endpoint, a source, a bootstrap or lastGood')
    }
    const { reportUsage } = options
    if (options.usage !== false && (reportUsage !== undefined || options.endpoint !== undefined)) {
      const via = typeof options.source === 'object' ? undefined : (options.source ?? 'stream')
      const host = reportUsage === undefined ? new Host(() => this.store.engine?.info, via, (body) => this.postUsage(body), this.server.secret) : undefined
      this.host = host
      this.usage = new Usage(
        (flags) => (host === undefined ? reportUsage!(this.environment, flags) : host.report(flags)),
        interval('usage', options.usage ?? 60_000),
        (error) => this.log.info('gonfalon: usage could not be reported, and goes into the next report', error),
        host && (() => host.tell()),
      )
    }
  }

  /** Loads what is at hand, and waits for the source as {@link Options.readyWithin} says. */
  async start(): Promise<void> {
    this.loadBootstrap()
    await this.loadLastGood()
    this.begin()
    const ready = this.options.readyWithin ?? 5_000
    if (ready <= 0) return
    await within(ready, this.status.settled)
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
      unknown: this.misuse.unknown,
      unreadable: this.misuse.unreadable,
      traps: store.traps,
      lost: status.losses,
      lastError: status.error,
    }
  }

  protected get serving(): number | undefined {
    return this.store.engine?.info.revision
  }

  override on<K extends keyof Events>(event: K, listener: (event: Events[K]) => void): () => void {
    const stop = super.on(event, listener)
    if (event === 'change') this.edges.follow(this.store.graph())
    return stop
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
    return packed < 0 ? (defaultOf(query) ?? false) : (packed & bitEnabled) !== 0
  }

  override variant(key: string, query: Query<string> & { readonly default: string }): string
  override variant(key: string, query?: Query<string>): string | undefined
  override variant(key: string, query?: Query<string>): string | undefined {
    if (this[override] !== undefined) return super.variant(key, query)
    const packed = this.evaluate(key, query)
    return packed < 0 ? defaultOf(query) : (this.store.engine?.variant(packed)?.name ?? defaultOf(query))
  }

  decide(key: string, context?: Context): Decision {
    key = flagKey(key)
    const overridden = this[override]?.(key, context)
    if (overridden !== undefined) return overridden
    const { engine } = this.store
    if (engine === undefined) return undecided(key, 'NOT_READY')
    try {
      return this.noted(engine.decide(key, context, this.clock))
    } catch (error) {
      return undecided(key, 'NOT_READY', engine.info.revision, this.failed(error))
    }
  }

  decideAll(context?: Context, keys?: readonly string[]): Decision[] {
    keys = flagKeys(keys, (error) => this.failed(error))
    context = lasting(context)
    const { engine } = this.store
    if (this[override] !== undefined) return (keys ?? this.keys()).map((key) => this.decide(key, context))
    if (engine === undefined) return (keys ?? []).map((key) => undecided(key, 'NOT_READY'))
    try {
      const decisions = engine.decideAll(keys ?? null, context, this.clock)
      for (const decision of decisions) this.noted(decision)
      return decisions
    } catch (error) {
      const names = keys ?? this.keys()
      // What can't be read of a context matters only to the flags that look at it.
      if (error instanceof ContextError) return names.map((key) => this.decide(key, context))
      const reason = this.failed(error)
      return names.map((key) => undecided(key, 'NOT_READY', engine.info.revision, reason))
    }
  }

  explain(key: string, context?: Context): Explanation {
    key = flagKey(key)
    context = lasting(context)
    const { engine } = this.store
    const overridden = this[override]?.(key, context)
    if (overridden !== undefined) return { decision: overridden, steps: [] }
    if (engine === undefined) return { decision: undecided(key, 'NOT_READY'), steps: [] }
    try {
      const explanation = engine.explain(key, context, this.clock)
      if (!explanation.decision.known) this.misuse.flag(key)
      return explanation
    } catch (error) {
      return { decision: undecided(key, 'NOT_READY', engine.info.revision, this.failed(error)), steps: [] }
    }
  }

  close(): Promise<void> {
    return (this.closing ??= this.end())
  }

  /** Counts a decision. */
  private noted(decision: Decision): Decision {
    if (decision.error !== undefined) this.failed(decision.error)
    if (decision.known) this.usage?.add(decision.key, decision.enabled)
    else this.misuse.flag(decision.key)
    return decision
  }

  /** The packed decision; below 0 where the answer is the caller's default. */
  private evaluate(key: string, context: Context | undefined): number {
    key = flagKey(key)
    const { engine } = this.store
    if (engine === undefined) return -1
    try {
      const packed = engine.evaluate(key, context, this.clock)
      if (reasonOf(packed) === reasonUnknownFlag) this.misuse.flag(key)
      else this.usage?.add(key, (packed & bitEnabled) !== 0)
      return packed
    } catch (error) {
      this.failed(error)
      return -1
    }
  }

  /** A decision failed: because of its context, or because the engine trapped, which then is made again. */
  private failed(error: unknown): Error {
    if (error instanceof ContextError) this.misuse.unreadable++
    else this.broken++
    this.misuse.once(`gonfalon: a decision failed, its caller gets the default: ${error instanceof Error ? short(error.message) : 'something was thrown'}`, error)
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
      this.log.warn('gonfalon: the last good snapshot is ignored', error)
    }
  }

  /** Runs the source, and again each time it is lost. */
  private async listen(): Promise<void> {
    if (this.source === undefined) return
    const { signal } = this.ended
    const pauses = new Pauses()
    while (!signal.aborted) {
      const connection = new Connection(this.store, this.status, this.server, this.environment, (frame, supersedes) => this.take(frame, supersedes))
      try {
        await this.source.run(connection, signal)
        if (!signal.aborted) this.status.lose(undefined)
        return
      } catch (error) {
        if (signal.aborted) return
        const reason = this.server.secret.clean(error)
        if (reason instanceof RefusedError && !(this.status.error instanceof RefusedError)) {
          this.log.warn('gonfalon: the control plane refuses; trying on', reason)
        }
        this.status.lose(reason)
        if (connection.fed) pauses.reset()
        const pause = pauses.after(reason)
        this.log.info(`gonfalon: the source is lost; trying again in ${Math.round(pause)} ms`, reason)
        await sleep(pause, signal).catch(() => {})
      }
    }
  }

  private take(frame: Uint8Array, supersedes: boolean): void {
    const change = this.store.take(frame, supersedes)
    if (change !== undefined) this.keeper?.write(this.store.bytes!)
    this.status.confirm()
    if (change === undefined) return
    this.host?.moved()
    this.arrivals.reach(this.serving)
    if (!this.emitter.has('change')) return
    const before = this.clock.now() // a schedule may open while listeners decide
    this.announce(change())
    this.edges.follow(this.store.graph(), before)
  }

  /** Says which flags may be decided otherwise now, if there are any. */
  private announce(change: Change): void {
    const { engine } = this.store
    if (change.flags.length === 0 || engine === undefined) return
    this.emitter.emit('change', { ...change, revision: engine.info.revision, info: engine.info })
  }

  private postUsage(body: object): Promise<Response> {
    return request(this.server, `/v1/envs/${encodeURIComponent(this.environment)}/usage`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: this.last ?? AbortSignal.timeout(reportPatience),
    })
  }

  private async end(): Promise<void> {
    this.ended.abort(new Error('the client is closed'))
    this.status.stop()
    this.edges.stop()
    this.arrivals.end()
    this.usage?.stop()
    this.last = AbortSignal.timeout(farewell)
    const last = within(farewell / 2, this.host?.stop() ?? Promise.resolve()).then(() => this.usage?.flush())
    await Promise.all([within(farewell, Promise.all([this.listening, last])), this.keeper?.flush()])
  }
}
