import { ask, client, type IndexFlag } from './api'

/** What each environment has of each flag. */
class Matrix {
  /** By environment and key. */
  cells = $state.raw<ReadonlyMap<string, ReadonlyMap<string, IndexFlag>>>(new Map())
  loaded = $state(false)
  private readonly tags = new Map<string, string>()

  /** Reads the lists of environments; one that hasn't changed answers that it hasn't. */
  async load(envs: readonly string[]): Promise<void> {
    const read = await Promise.all(
      envs.map(async (env) => {
        const known = this.cells.get(env)
        const tag = known && this.tags.get(env)
        const { data, etag } = await ask(client.GET('/v1/envs/{env}/index', { params: { path: { env }, ...(tag ? { header: { 'If-None-Match': tag } } : {}) } }))
        if (!data) return [env, known!] as const
        this.tags.set(env, etag)
        return [env, new Map(data.flags.map((flag) => [flag.key, flag]))] as const
      }),
    )
    this.cells = new Map(read)
    this.loaded = true
  }
}

export const matrix = new Matrix()

/** Reports whether two environments have a flag in the same words. */
export function alike(one: IndexFlag | undefined, other: IndexFlag | undefined): boolean {
  const say = (flag: IndexFlag | undefined): string => (flag ? JSON.stringify([flag.state, flag.lead, flag.on_for, flag.from, flag.until]) : '')
  return say(one) === say(other)
}
