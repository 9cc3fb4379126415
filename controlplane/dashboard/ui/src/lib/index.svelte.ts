import { untrack } from 'svelte'
import { ask, client, type IndexFlag } from './api'
import { live, type Arrival } from './live.svelte'
import type { components } from './openapi'

/** How a flag is used, which changes without a revision. */
export type Use = components['schemas']['UsageIndexFlag']
/** A flag as the list shows it. */
export type Row = IndexFlag

/** Of how many flags a change may be for them to be read by themselves. */
const few = 8
/** How long the whole list waits after such a change: the words of flags that need others depend on those. */
const wholeAfter = 1000

/** How old the use may be that a list shows; the server counts once a minute. */
const useFor = 30_000

/** The names-only list of an environment's flags, kept while another page is looked at. */
class FlagIndex {
  env = $state('')
  revision = $state(0)
  rows = $state.raw<readonly Row[]>([])
  /** By key; a flag without use is missing. */
  uses = $state.raw<Readonly<Record<string, Use>>>({})
  loaded = $state(false)
  private asked = 0
  private shown = 0
  private reading: Promise<void> = Promise.resolve()
  private used = 0

  /** Reads an environment's list unless it is there and of the newest revision. */
  ensure(env: string): void {
    void live.revision // an effect that needs the list reads it again after a change
    untrack(() => {
      if (this.env !== env || !this.loaded || this.revision < live.revision) this.load(env).catch(() => {}) // the page says itself what it can't do
    })
  }

  /** Reads an environment's list, and again after a change. */
  load(env: string): Promise<void> {
    return (this.reading = this.read(env))
  }

  private async read(env: string): Promise<void> {
    const turn = ++this.asked
    if (env !== untrack(() => this.env)) {
      this.shown = turn - 1
      this.env = env
      this.rows = []
      this.uses = {}
      this.used = 0
      this.loaded = false
    }
    const { data } = await ask(client.GET('/v1/envs/{env}/index', { params: { path: { env } } }))
    if (turn <= this.shown) return // the answer to a later question is there
    this.shown = turn
    this.rows = data.flags
    this.revision = data.revision
    this.loaded = true
    if (Date.now() - this.used > useFor) await this.use(env)
  }

  /** Shows a change: of a few flags at once, since the whole list takes a server of 10,000 flags longer than people wait, and then all. */
  async follow(env: string, edit: Arrival): Promise<void> {
    if (edit.first) {
      await this.reading.catch(() => {})
      if (env !== this.env || (this.loaded && this.revision >= edit.revision)) return
    }
    const keys = edit.keys ?? []
    const listed = new Set(this.rows.map((row) => row.key))
    if (env !== this.env || !this.loaded || edit.more || keys.length === 0 || keys.length > few || !keys.every((key) => listed.has(key))) return this.load(env)
    const turn = ++this.asked
    const changed = await Promise.all(keys.map((key) => this.readFlag(env, key, edit.reason))).catch(() => undefined)
    if (turn <= this.shown) return
    if (!changed) return this.load(env)
    this.shown = turn
    const rows = new Map(changed.map((row) => [row.key, row]))
    this.rows = this.rows.map((row) => rows.get(row.key) ?? row)
    await new Promise((resolve) => setTimeout(resolve, wholeAfter))
    if (turn === this.asked) await this.load(env)
  }

  /** Reads one flag as the list has it. */
  private async readFlag(env: string, key: string, reason: string | undefined): Promise<Row> {
    const { data: flag } = await ask(client.GET('/v1/envs/{env}/flags/{key}', { params: { path: { env, key } } }))
    const schedule = flag.gates.find((gate) => gate.type === 'schedule')
    const { lead, on_for } = flag.words!
    return { ...flag, on_for, ...(lead ? { lead } : {}), ...(schedule?.from ? { from: schedule.from } : {}), ...(schedule?.until ? { until: schedule.until } : {}), ...(reason ? { reason } : {}) }
  }

  /** Reads how the flags are used. */
  async use(env: string): Promise<void> {
    const { data } = await ask(client.GET('/v1/envs/{env}/usage', { params: { path: { env } } }))
    if (env !== this.env) return
    this.uses = data.flags
    this.used = Date.now()
  }
}

export const index = new FlagIndex()
