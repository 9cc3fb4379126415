import { ask, client, type IndexFlag } from './api'

/** What each environment has of each flag. */
class Matrix {
  /** By environment and key. */
  cells = $state.raw<ReadonlyMap<string, ReadonlyMap<string, IndexFlag>>>(new Map())
  loaded = $state(false)
  private tags: ReadonlyMap<string, string> = new Map()
  private asked = 0
  private shown = 0

  /** Reads the lists of environments; one that hasn't changed answers that it hasn't. */
  async load(envs: readonly string[]): Promise<void> {
    const turn = ++this.asked
    const read = await Promise.all(
      envs.map(async (env) => {
        const known = this.cells.get(env)
        const tag = known && this.tags.get(env)
        const { data, etag } = await ask(client.GET('/v1/envs/{env}/index', { params: { path: { env }, ...(tag ? { header: { 'If-None-Match': tag } } : {}) } }))
        return data ? { env, cells: new Map(data.flags.map((flag) => [flag.key, flag])), tag: etag } : { env, cells: known!, tag: tag! }
      }),
    )
    if (turn < this.shown) return // the answers to a later question are there
    this.shown = turn
    this.cells = new Map(read.map(({ env, cells }) => [env, cells]))
    this.tags = new Map(read.map(({ env, tag }) => [env, tag]))
    this.loaded = true
  }
}

export const matrix = new Matrix()

/** Reports whether two environments have a flag in the same words. */
export function alike(one: IndexFlag | undefined, other: IndexFlag | undefined): boolean {
  const say = (flag: IndexFlag | undefined): string => (flag ? JSON.stringify([flag.state, flag.lead, flag.on_for, flag.from, flag.until]) : '')
  return say(one) === say(other)
}
