import { ask, client, missing, Refusal, whenMissing, withinPatience, type Edit, type Missing } from './api'
import { mount } from './mount'

/** A change of the environment, by whomever. Without keys, everything may have changed. */
export type Arrival = Partial<Edit> & {
  readonly revision: number
  /** The stream has just opened: what the page read before that may be older. */
  readonly first?: boolean
}

const retryAfter = 3000

export interface HostCount {
  readonly total: number
  readonly current: number
}

/** Finds out whether the server answers, and whether its store does. */
async function look(): Promise<Missing> {
  try {
    const answer = await withinPatience(`${mount}/v1/envs`, { cache: 'no-store', credentials: 'same-origin' })
    if (/json/.test(answer.headers.get('Content-Type') ?? '')) await answer.json() // what is cut off isn't there
    else return missing(answer) || 'server' // somebody else answered
    return missing(answer)
  } catch {
    return 'server'
  }
}

/** Follows the changes of one environment, and whether anything is there that could tell of them. */
class Live {
  status = $state<'connecting' | 'live' | 'cut off'>('connecting')
  last = $state.raw<Arrival | undefined>()
  revision = $state(0)
  hosts = $state.raw<HostCount | undefined>()
  /** What can't be reached now. */
  missing = $state<Missing>('')
  /** How often it came back: what failed in the meantime is read again then. */
  back = $state(0)
  /** The environment that it follows. */
  env = ''
  private source: EventSource | undefined
  private again: ReturnType<typeof setTimeout> | undefined
  private refused = false
  private readonly listeners = new Set<(arrival: Arrival) => void>()

  constructor() {
    whenMissing((what) => void this.miss(what))
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.stop()
      else if (this.env) this.listen(this.env)
    })
    for (const event of ['offline', 'online']) {
      addEventListener(event, async () => {
        const what = await look()
        if (what) await this.miss(what)
      })
    }
  }

  /** Says what is missing, and looks for it until it is there. */
  private async miss(what: Missing): Promise<void> {
    const looking = this.missing !== ''
    this.missing = what
    if (looking) return
    while (this.missing !== '') {
      await new Promise((resolve) => setTimeout(resolve, retryAfter))
      this.missing = await look()
    }
    this.back++
    for (const run of this.listeners) run({ revision: this.revision })
  }

  /** Follows an environment, until another is named, or "" for none. After a session that ended, it follows the same one again. */
  follow(env: string): void {
    if (env === this.env) {
      if (this.refused) this.listen(env)
      return
    }
    this.stop()
    this.env = env
    this.status = 'connecting'
    this.last = undefined
    this.hosts = undefined
    this.revision = 0
    if (env) this.listen(env)
  }

  /** Calls a function for each change until the function that it returns is called. */
  onChange(run: (arrival: Arrival) => void): () => void {
    this.listeners.add(run)
    return () => this.listeners.delete(run)
  }

  /** Takes a change that this page made itself, which needn't wait for its echo. */
  arrived(arrival: Arrival): void {
    const echo = arrival.revision <= this.revision
    this.revision = Math.max(this.revision, arrival.revision)
    if (arrival.revision >= (this.last?.revision ?? 0) && arrival.actor) this.last = arrival
    if (echo) return
    for (const run of this.listeners) run(arrival)
  }

  /**
   * Opens the stream, unless the page is hidden: without HTTP/2 a browser has six connections to a server for all its tabs together,
   * and streams of hidden ones would leave none for requests. A page that is shown again hears what it missed by the revision.
   */
  private listen(env: string): void {
    this.stop()
    if (document.hidden) return
    const source = new EventSource(`${mount}/v1/envs/${encodeURIComponent(env)}/changes`)
    this.source = source
    this.refused = false
    source.onopen = () => (this.status = 'live')
    source.onerror = () => {
      this.status = 'cut off'
      if (source.readyState === EventSource.CLOSED) void this.closed(env, source)
    }
    const on = (name: string, take: (told: never) => void): void => source.addEventListener(name, (event) => take(JSON.parse((event as MessageEvent<string>).data) as never))
    on('at', ({ revision }: { revision: number }) => {
      if (revision !== this.revision) this.arrived({ revision, first: this.revision === 0 })
      this.revision = revision
    })
    on('change', (edit: Edit) => this.arrived(edit))
    on('reload', ({ revision }: { revision: number }) => this.arrived({ revision }))
    on('hosts', ({ hosts }: { hosts: HostCount }) => (this.hosts = hosts))
  }

  /** Finds out why the stream was refused, which it can't say itself. Without a session it stops until somebody signs in; else it tries again. */
  private async closed(env: string, source: EventSource): Promise<void> {
    const signedOut = await ask(client.GET('/v1/session', { cache: 'no-store' })).then(() => false, (error: unknown) => error instanceof Refusal && error.status === 401)
    if (source !== this.source) return
    if (signedOut) this.refused = true
    else this.again = setTimeout(() => this.listen(env), retryAfter)
  }

  private stop(): void {
    this.refused = false
    this.source?.close()
    this.source = undefined
    clearTimeout(this.again)
  }
}

export const live = new Live()
