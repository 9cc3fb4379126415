import { ask, client, raw, Refusal, type State } from './api'
import type { components } from './openapi'

/** A flag as the list shows it. */
export interface Row {
  readonly key: string
  readonly state: State
  readonly lead?: string
  readonly on_for: readonly string[]
  readonly description?: string
  readonly owner?: string
  readonly tags?: readonly string[]
  readonly stale?: boolean
  readonly updated?: string
  readonly updated_by?: string
  readonly reason?: string
  readonly last_evaluated?: string
  readonly evaluations_24h?: number
  readonly spark?: string
}

interface Index {
  readonly revision: number
  readonly flags: readonly Row[]
}

/** The names-only list of an environment's flags, kept while another page is looked at. */
class FlagIndex {
  env = $state('')
  revision = $state(0)
  rows = $state.raw<readonly Row[]>([])
  loaded = $state(false)
  private latest = 0

  /** Reads an environment's list, and again after a change. */
  async load(env: string): Promise<void> {
    const turn = ++this.latest
    if (env !== this.env) {
      this.env = env
      this.rows = []
      this.loaded = false
    }
    const index = await read(env)
    if (turn !== this.latest) return // a later call knows more
    this.rows = index.flags
    this.revision = index.revision
    this.loaded = true
  }
}

type Page = components['schemas']['FlagPage']
let hasIndex = true

async function read(env: string): Promise<Index> {
  if (hasIndex) {
    try {
      return (await raw<Index>('GET', `/v1/envs/${encodeURIComponent(env)}/index`)).data
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 404) throw error
      hasIndex = false
    }
  }
  const flags: Row[] = []
  let revision = 0
  let cursor: string | undefined = ''
  do {
    const { data }: { data: Page } = await ask(client.GET('/v1/envs/{env}/flags', { params: { path: { env }, query: { limit: 1000, ...(cursor ? { cursor } : {}) } } }))
    revision = data.revision
    for (const flag of data.flags) {
      flags.push({ ...flag, lead: flag.words?.lead, on_for: flag.words?.on_for ?? [], evaluations_24h: flag.evaluations })
    }
    cursor = data.next
  } while (cursor)
  return { revision, flags }
}

export const index = new FlagIndex()
