import { untrack } from 'svelte'
import { ask, client, type IndexFlag } from './api'
import { live } from './live.svelte'
import type { components } from './openapi'

type Use = components['schemas']['UsageIndexFlag']

/** A flag as the list shows it: what the index has, and how it is used. */
export interface Row extends IndexFlag, Use {}

/** The names-only list of an environment's flags, kept while another page is looked at. */
class FlagIndex {
  env = $state('')
  revision = $state(0)
  rows = $state.raw<readonly Row[]>([])
  loaded = $state(false)
  private latest = 0

  /** Reads an environment's list unless it is there and of the newest revision. */
  ensure(env: string): void {
    void live.revision // an effect that needs the list reads it again after a change
    untrack(() => {
      if (this.env !== env || !this.loaded || this.revision < live.revision) this.load(env).catch(() => {}) // the page says itself what it can't do
    })
  }

  /** Reads an environment's list, and again after a change. */
  async load(env: string): Promise<void> {
    const turn = ++this.latest
    if (env !== untrack(() => this.env)) {
      this.env = env
      this.rows = []
      this.loaded = false
    }
    const { data } = await ask(client.GET('/v1/envs/{env}/index', { params: { path: { env } } }))
    if (turn !== this.latest) return // a later call knows more
    const known = new Map(this.rows.map((row) => [row.key, row]))
    this.rows = data.flags.map((flag) => ({ ...used(known.get(flag.key)), ...flag }))
    this.revision = data.revision
    this.loaded = true
    await this.use(env, turn)
  }

  /** Adds how flags are used, which changes without a revision. */
  private async use(env: string, turn: number): Promise<void> {
    const { data } = await ask(client.GET('/v1/envs/{env}/usage', { params: { path: { env } } }))
    if (turn === this.latest) this.rows = this.rows.map((row) => ({ ...row, ...unused, ...data.flags[row.key] }))
  }
}

const unused: Use = { stale: undefined, last_evaluated: undefined, evaluations_24h: undefined, spark: undefined }

function used(row: Row | undefined): Use {
  if (!row) return {}
  const { stale, last_evaluated, evaluations_24h, spark } = row
  return { stale, last_evaluated, evaluations_24h, spark }
}

export const index = new FlagIndex()
