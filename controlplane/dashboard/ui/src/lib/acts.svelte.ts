import { arrival, type Saved } from './arrival.svelte'
import { ask, client, type Flag, type FlagDocument } from './api'
import { documentOf } from './draft.svelte'

/** An act on a flag that a dialog confirms (parts/Act.svelte). */
export interface Act {
  readonly verb: string
  readonly env: string
  readonly flag: string
  readonly button: string
  readonly note?: string
  readonly danger?: boolean
  readonly proposed: () => Promise<{ flag: FlagDocument; delete?: boolean }>
  readonly act: (reason: string) => Promise<void>
}

type Done = { data: Flag; revision: number }

async function read(env: string, key: string): Promise<{ data: Flag; etag: string }> {
  return ask(client.GET('/v1/envs/{env}/flags/{key}', { params: { path: { env, key } } }))
}

async function post(verb: 'kill' | 'revive', env: string, key: string, reason: string): Promise<Done> {
  const init = { params: { path: { env, key } }, body: reason ? { reason } : {} }
  const { data, revision } = await ask(verb === 'kill' ? client.POST('/v1/envs/{env}/flags/{key}/kill', init) : client.POST('/v1/envs/{env}/flags/{key}/revive', init))
  return { data, revision: revision || data.revision }
}

function told(env: string, verb: 'kill' | 'revive', { data, revision }: Done): Saved {
  const killed = verb === 'kill'
  return {
    text: `${data.key} is ${killed ? 'killed' : 'revived'} in ${env}.`,
    state: data.state,
    revision,
    undoLabel: killed ? 'Revive' : 'Kill again',
    undo: async () => told(env, killed ? 'revive' : 'kill', await post(killed ? 'revive' : 'kill', env, data.key, 'undo')),
  }
}

/** Kills a flag, or revives it. */
export function switching(verb: 'kill' | 'revive', env: string, key: string): Act {
  return {
    verb: verb === 'kill' ? 'Kill' : 'Revive',
    env,
    flag: key,
    button: `${verb === 'kill' ? 'Kill' : 'Revive'} in ${env}`,
    danger: verb === 'kill',
    note: verb === 'kill' ? 'All gates are kept. Revive brings back exactly this. Other environments stay as they are.' : 'Its gates decide again, as they stand.',
    proposed: async () => ({ flag: { ...documentOf((await read(env, key)).data), killed: verb === 'kill' } }),
    act: async (reason) => arrival.show(told(env, verb, await post(verb, env, key, reason))),
  }
}

/** Brings a flag back to how it was at a revision. */
export function rollingBack(env: string, key: string, revision: number): Act {
  const path = { env, key }
  const roll = async (to: number, reason: string, dry = false): Promise<Done & { before: number }> => {
    const now = await read(env, key)
    const { data, revision: at } = await ask(client.POST('/v1/envs/{env}/flags/{key}/rollback', { params: { path, header: { 'If-Match': now.etag }, query: dry ? { dry_run: true } : {} }, body: { revision: to, ...(reason ? { reason } : {}) } }))
    return { data, revision: at || data.revision, before: now.data.revision }
  }
  const done = ({ data, revision: at, before }: Done & { before: number }, to: number): Saved => ({
    text: `${key} is as at revision ${to} in ${env}.`,
    state: data.state,
    revision: at,
    undoLabel: 'Undo',
    undo: async () => done(await roll(before, 'undo'), before),
  })
  return {
    verb: 'Roll back',
    env,
    flag: key,
    button: `Roll back to ${revision} in ${env}`,
    proposed: async () => ({ flag: documentOf((await roll(revision, '', true)).data) }),
    act: async (reason) => arrival.show(done(await roll(revision, reason), revision)),
  }
}

/** Deletes a flag. */
export function deleting(env: string, key: string, after: () => void): Act {
  const path = { env, key }
  return {
    verb: 'Delete',
    env,
    flag: key,
    button: `Delete in ${env}`,
    danger: true,
    note: 'Programs that still ask for it get their own default. Its history stays in the audit.',
    proposed: async () => ({ flag: documentOf((await read(env, key)).data), delete: true }),
    act: async (reason) => {
      const now = await read(env, key)
      const { revision } = await ask(client.DELETE('/v1/envs/{env}/flags/{key}', { params: { path, header: { 'If-Match': now.etag }, query: reason ? { reason } : {} } }))
      const back = async (): Promise<Saved> => {
        const { data, revision: at } = await ask(client.PUT('/v1/envs/{env}/flags/{key}', { params: { path, header: { 'If-None-Match': '*' } }, body: { ...documentOf(now.data), reason: 'undo' } }))
        return { text: `${key} is back in ${env}.`, state: data.state, revision: at || data.revision }
      }
      arrival.show({ text: `${key} is deleted in ${env}.`, state: 'off', revision, undoLabel: 'Undo', undo: back })
      after()
    },
  }
}

/** The act that is asked about now, on whatever page. */
class Asked {
  act = $state.raw<Act | undefined>()
}
export const asked = new Asked()
