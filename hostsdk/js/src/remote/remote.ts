import type { Context } from '../context.js'
import { flagKey, flagKeys, undecided, type Decision } from '../decision.js'
import { Emitter, type State } from '../emitter.js'
import type { Explanation } from '../engine/explanation.js'
import { ContextError } from '../engine/context_error.js'
import { Flags, override, type Stats } from '../flags.js'
import { guarded, warnings, type Logger } from '../log.js'
import { Misuse } from '../misuse.js'
import { readEvents, silence, Watchdog } from '../source/events.js'
import { comeBack, failure, LaterError, readBody } from '../source/failure.js'
import { farewell, interval, Pauses, sleep, within } from '../source/pause.js'
import { request, serverOf, type Server } from '../source/request.js'
import { Status } from '../status.js'
import { contextJson } from './json.js'
import { Hiding, pageHidden, shown } from './page.js'
import { bulkOf, decisionsOf, readBulk, revisionOf, type BulkResult, type EventStream } from './result.js'

/** How a page asks a control plane for decisions. */
export interface RemoteOptions {
  /** The control plane's address, such as `https://flags.example.com`. */
  readonly endpoint: string | URL
  /** A token of role client: it sees decisions, never rules. */
  readonly token?: string | undefined
  /** The environment's key, if the token has more than one. */
  readonly environment?: string | undefined
  /** The context that flags are evaluated for. {@link RemoteFlags.setContext} changes it. */
  readonly context?: Context | undefined
  /** Where the last result is kept across reloads: defaults to `localStorage`, and false is nowhere. */
  readonly storage?: Pick<Storage, 'getItem' | 'setItem'> | false | undefined
  /** Milliseconds between requests if the server has no stream of events; defaults to 60,000. */
  readonly pollInterval?: number | undefined
  /** Milliseconds to wait for the first answer; defaults to 5,000. A kept result ends the wait when the server fails. */
  readonly readyWithin?: number | undefined
  /** Milliseconds that a client stays `READY` after it has lost its connection; defaults to 5,000. */
  readonly grace?: number | undefined
  /** Milliseconds without contact from the server that make a client `STALE`. Defaults to never. */
  readonly ttl?: number | undefined
  readonly logger?: Logger | undefined
  readonly fetch?: typeof fetch | undefined
}

/** How long one answer may take, in milliseconds. */
const patience = 10_000

/** The largest answer about all flags. */
const maxAnswer = 32 << 20

/** Events of the stream are small. */
const maxEvent = 64 << 10

/**
 * A client for one context at a time, whose decisions a control plane makes by OpenFeature's remote protocol. It requests all flags
 * at once, and again when the server's stream of events says that something has changed.
 */
export class RemoteFlags extends Flags {
  protected readonly emitter = new Emitter()
  private readonly status: Status
  private readonly server: Server
  private readonly options: Omit<RemoteOptions, 'token'>
  private readonly pollInterval: number
  private readonly log: Logger
  private readonly storage: Pick<Storage, 'getItem' | 'setItem'> | undefined
  private readonly storageKey: string
  private readonly ended = new AbortController()
  private listening: Promise<void> = Promise.resolve()

  private context_: string
  private decisions: Map<string, Decision> | undefined
  /** The context that the decisions are for, and the result's entity tag. */
  private decidedFor: string | undefined
  private tag: string | undefined
  private streams: readonly EventStream[] = []
  private round = new AbortController()
  private answered: (() => void)[] = []
  private taken = 0
  private broken = 0
  private warned = false
  private readonly misuse: Misuse
  private revision: number | undefined

  constructor({ token, ...options }: RemoteOptions) {
    super()
    this.options = options
    this.pollInterval = interval('pollInterval', options.pollInterval ?? 60_000)
    this.server = serverOf({ ...options, endpoint: String(options.endpoint), token })
    this.log = guarded(options.logger ?? warnings)
    this.misuse = new Misuse(this.log)
    this.storage = storageOf(options.storage)
    this.storageKey = `gonfalon:${String(options.endpoint)}:${options.environment ?? ''}`
    this.status = new Status(() => this.decisions !== undefined, this.emitter, options.grace ?? 5_000, options.ttl)
    this.context_ = contextJson(options.context, this.misuse)
  }

  /** Shows the result that was kept, and waits for the server's. */
  async start(): Promise<void> {
    this.restore()
    this.status.begin(false)
    this.listening = this.listen()
    await within(this.options.readyWithin ?? 5_000, this.status.settled)
  }

  /**
   * Changes the context, for example when somebody has signed in. Decisions stay as they are until the server has answered. If it
   * can't, those of the context before are dropped.
   *
   * @returns when the server has answered, or has failed to.
   */
  async setContext(context: Context): Promise<void> {
    const json = contextJson(context, this.misuse)
    if (json === this.context_ || this.ended.signal.aborted) return
    this.context_ = json
    this.restore()
    const answered = new Promise<void>((resolve) => this.answered.push(resolve))
    this.round.abort(new Error('the context has changed'))
    await answered
    if (this.decidedFor !== this.context_) {
      this.decisions = undefined
      this.status.update()
    }
  }

  get state(): State {
    return this.status.state
  }

  get stats(): Stats {
    const { status } = this
    return {
      state: status.state,
      info: undefined,
      age: status.age,
      taken: this.taken,
      refused: 0,
      broken: this.broken,
      unknown: this.misuse.unknown,
      unreadable: this.misuse.unreadable,
      traps: 0,
      lost: status.losses,
      lastError: status.error,
    }
  }

  protected get serving(): number | undefined {
    return this.revision
  }

  decide(key: string, context?: Context): Decision {
    key = flagKey(key)
    const overridden = this[override]?.(key, context)
    if (overridden !== undefined) return overridden
    if (this.decisions === undefined) return undecided(key, 'NOT_READY')
    if (!this.isOurs(context)) return undecided(key, 'NOT_READY', undefined, new ContextError('the context is not the client\'s own: see setContext'))
    const decision = this.decisions.get(key)
    if (decision !== undefined) return decision
    this.misuse.flag(key)
    return undecided(key, 'UNKNOWN_FLAG', this.revision)
  }

  decideAll(context?: Context, keys?: readonly string[]): Decision[] {
    return (flagKeys(keys, () => this.broken++) ?? [...(this.decisions?.keys() ?? [])]).map((key) => this.decide(key, context))
  }

  explain(key: string, context?: Context): Explanation {
    return { decision: this.decide(key, context), steps: [] }
  }

  async close(): Promise<void> {
    this.ended.abort(new Error('the client is closed'))
    this.status.stop()
    this.arrivals.end()
    await within(farewell, this.listening)
  }

  /** Decisions of somebody else would be wrong ones: a context that is given must be the client's. */
  private isOurs(context: Context | undefined): boolean {
    try {
      const { actor, groups, attributes } = context ?? {}
      if (actor === undefined && groups === undefined && attributes === undefined) return true
      this.misuse.seen = false
      const json = contextJson(context, this.misuse)
      if (this.misuse.seen) this.misuse.unreadable++
      if (json === this.decidedFor) return true
    } catch {
      // What can't be read isn't ours.
    }
    this.broken++
    if (!this.warned) this.log.warn("gonfalon: a client that evaluates remotely was called with another context than its own: see setContext")
    this.warned = true
    return false
  }

  /** Asks, then listens until there is a reason to ask again; for ever. */
  private async listen(): Promise<void> {
    const pauses = new Pauses()
    const { signal } = this.ended
    while (!signal.aborted) {
      this.round = new AbortController()
      const round = AbortSignal.any([signal, this.round.signal])
      let fed = false
      try {
        // A page that is loaded in the background asks once.
        if (this.streams.length > 0) await shown(round)
        await this.fetchAll(round)
        fed = true
        if (this.decidedFor === this.context_) this.resolveWaiting()
        await this.untilChanged(round)
        pauses.reset()
      } catch (error) {
        if (signal.aborted) break
        if (round.aborted) continue
        const reason = this.server.secret.clean(error)
        this.status.lose(reason)
        this.resolveWaiting()
        if (fed) pauses.reset()
        await sleep(pauses.after(reason), round).catch(() => {})
      }
    }
    this.resolveWaiting()
  }

  private resolveWaiting(): void {
    for (const resolve of this.answered.splice(0)) resolve()
  }

  private async fetchAll(signal: AbortSignal, query = ''): Promise<void> {
    const { options } = this
    const context = this.context_
    const headers: Record<string, string> = { 'Content-Type': 'application/json', Accept: 'application/json' }
    if (options.environment !== undefined) headers['X-Gonfalon-Env'] = options.environment
    if (this.tag !== undefined && this.decidedFor === context) headers['If-None-Match'] = this.tag
    const response = await request(this.server, `/ofrep/v1/evaluate/flags${query}`, {
      method: 'POST',
      headers,
      body: `{"context":${context}}`,
      signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
    })
    if (response.status === 304) return this.status.confirm()
    if (response.status !== 200) throw await failure(response, this.server.secret)
    const { bytes, whole } = await readBody(response, maxAnswer)
    if (!whole) throw new Error('the answer is larger than 32 MiB')
    const result = readBulk(new TextDecoder().decode(bytes))
    this.take(result, context, response.headers.get('etag') ?? undefined)
    this.keep(result)
    this.status.confirm()
  }

  private take(result: BulkResult, context: string, tag: string | undefined): void {
    const before = this.decidedFor === context ? this.decisions : undefined
    const next = decisionsOf(result)
    this.decisions = next
    this.decidedFor = context
    this.tag = tag
    this.streams = result.eventStreams ?? []
    this.taken++
    this.revision = revisionOf(result)
    this.arrivals.reach(this.revision)
    if (!this.emitter.has('change')) return
    const keys = new Set([...(before?.keys() ?? []), ...next.keys()])
    const flags = [...keys].filter((key) => answerOf(before?.get(key)) !== answerOf(next.get(key))).sort()
    if (flags.length > 0) {
      this.emitter.emit('change', { flags, segments: [], revision: this.revision, lineageChanged: false, info: undefined })
    }
  }

  /** Follows the server's stream of events; without one, waits a while. */
  private async untilChanged(signal: AbortSignal): Promise<void> {
    const stream = this.streams.find(({ type }) => type === 'sse')
    const url = stream && addressOf(stream, this.options.endpoint)
    if (url === undefined) return sleep(this.pollInterval, signal)
    const page = new Hiding(stream!.inactivityDelaySec)
    const watchdog = new Watchdog(silence, AbortSignal.any([signal, page.signal]))
    let retry = 0
    try {
      const response = await (this.options.fetch ?? fetch)(url, {
        headers: { Accept: 'text/event-stream' },
        cache: 'no-store',
        signal: watchdog.signal,
      })
      if (response.status !== 200) throw await failure(response, this.server.secret)
      const heard = { heard: watchdog.heard, retry: (ms: number) => (retry = ms) }
      await readEvents(response, maxEvent, heard, async ({ data }) => {
        const query = refetch(data)
        if (query === undefined) this.status.confirm()
        else await this.fetchAll(watchdog.signal, query)
      })
    } catch (error) {
      if (watchdog.signal.reason === pageHidden) return
      throw signal.aborted ? error : comeBack(retry, error)
    } finally {
      watchdog.stop()
      page.stop()
    }
    throw new LaterError(retry, 'the stream of events has ended')
  }

  private keep(result: BulkResult): void {
    try {
      this.storage?.setItem(this.storageKey, JSON.stringify({ context: this.decidedFor, tag: this.tag, result }))
    } catch (error) {
      this.log.info("gonfalon: the last result can't be kept", error)
    }
  }

  /** Takes the result that was kept, if it is for the same context. */
  private restore(): void {
    try {
      const text = this.storage?.getItem(this.storageKey)
      if (text === undefined || text === null) return
      const { context, tag, result } = JSON.parse(text) as { context: string; tag?: string; result: unknown }
      if (context === this.context_) this.take(bulkOf(result), context, tag)
    } catch (error) {
      this.log.info("gonfalon: the result that was kept can't be read", error)
    }
  }
}

/** What makes a decision another one for those who listen to changes. */
function answerOf(decision: Decision | undefined): string {
  return decision === undefined ? '' : JSON.stringify([decision.enabled, decision.variant, decision.value, decision.error?.message])
}

/** The query of a question that an event asks for; undefined if it asks for none. */
function refetch(data: string): string | undefined {
  try {
    const event = JSON.parse(data) as { type?: string; etag?: string; lastModified?: number }
    if (event.type !== 'refetchEvaluation') return undefined
    const query = new URLSearchParams()
    if (event.etag !== undefined) query.set('flagConfigEtag', event.etag)
    if (event.lastModified !== undefined) query.set('flagConfigLastModified', String(event.lastModified))
    return query.size === 0 ? '' : `?${query}`
  } catch {
    return undefined
  }
}

function addressOf({ url, endpoint }: EventStream, base: string | URL): string | undefined {
  const address = url ?? endpoint?.requestUri
  return address === undefined ? undefined : new URL(address, endpoint?.origin ?? base).href
}

function storageOf(storage: RemoteOptions['storage']): Pick<Storage, 'getItem' | 'setItem'> | undefined {
  if (storage === false) return undefined
  try {
    return storage ?? (globalThis as { localStorage?: Storage }).localStorage
  } catch {
    return undefined // a page may be forbidden to look
  }
}
