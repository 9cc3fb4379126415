import { ask, client } from './api'
import { mount } from './mount'

/** A change of the environment, by whomever. */
export interface Arrival {
  readonly revision: number
  readonly keys?: readonly string[]
  readonly segments?: readonly string[]
  readonly actor?: string
  readonly reason?: string
  readonly time?: string
}

export interface HostCount {
  readonly total: number
  readonly current: number
}

const lookEvery = 3000

/** Follows the changes of one environment; where the server has no stream of them, it looks every three seconds. */
class Live {
  status = $state<'connecting' | 'live' | 'cut off'>('connecting')
  last = $state.raw<Arrival | undefined>()
  revision = $state(0)
  hosts = $state.raw<HostCount | undefined>()
  private env = ''
  private source: EventSource | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly listeners = new Set<(arrival: Arrival) => void>()

  /** Follows an environment, until another is named, or "" for none. */
  follow(env: string): void {
    if (env === this.env) return
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
    if (arrival.revision <= this.revision && this.last !== undefined) return
    this.revision = Math.max(this.revision, arrival.revision)
    this.last = arrival
    for (const run of this.listeners) run(arrival)
  }

  private listen(env: string): void {
    const source = new EventSource(`${mount}/v1/envs/${encodeURIComponent(env)}/changes`)
    this.source = source
    source.onopen = () => (this.status = 'live')
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return void (this.status = 'cut off')
      this.source = undefined // refused: this server has no such stream
      void this.look(env)
    }
    const read = (event: MessageEvent<string>): void => this.take(event.data)
    source.onmessage = read
    for (const name of ['change', 'hosts']) source.addEventListener(name, read as EventListener)
  }

  private take(data: string): void {
    const told = JSON.parse(data) as Partial<Arrival> & { hosts?: HostCount }
    this.status = 'live'
    if (told.hosts) this.hosts = told.hosts
    if (told.revision !== undefined) this.arrived(told as Arrival)
  }

  private async look(env: string): Promise<void> {
    try {
      const { data } = await ask(client.GET('/v1/envs/{env}', { params: { path: { env } } }))
      if (env !== this.env) return
      this.status = 'live'
      if (this.revision === 0) this.revision = data.revision
      else if (data.revision > this.revision) this.arrived({ revision: data.revision, ...(data.updated ? { time: data.updated } : {}) })
    } catch {
      if (env !== this.env) return
      this.status = 'cut off'
    }
    this.timer = setTimeout(() => void this.look(env), lookEvery)
  }

  private stop(): void {
    this.source?.close()
    this.source = undefined
    clearTimeout(this.timer)
  }
}

export const live = new Live()
