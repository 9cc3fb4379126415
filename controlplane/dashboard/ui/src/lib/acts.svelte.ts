import { arrival, type Saved } from './arrival.svelte'
import { ask, client, Refusal, type Flag, type FlagDocument } from './api'
import { documentOf } from './draft.svelte'

/** What a dialog shows before an act, and of which version of the flag that is. */
export interface Look {
  readonly flag: FlagDocument
  readonly delete?: boolean
  readonly etag: string // "" if there is no such flag
  readonly revision: number
}

/** An act on a flag that a dialog confirms (parts/Act.svelte). It happens to the version that was looked at, or else is refused. */
export interface Act {
  readonly verb: string
  readonly env: string
  readonly flag: string
  readonly button: string
  readonly note?: string
  readonly danger?: boolean
  readonly look: () => Promise<Look>
  readonly act: (reason: string, seen: Look | undefined) => Promise<void>
  /** It needs no look: it takes nothing back that somebody else has done. */
  readonly always?: boolean
}

interface Done {
  readonly data: Flag
  readonly etag: string
  readonly revision: number
}

interface Path {
  readonly env: string
  readonly key: string
}

/** The precondition that a flag is at a version, or that there is none. */
function at(etag: string): { 'If-Match': string } | { 'If-None-Match': string } {
  return etag ? { 'If-Match': etag } : { 'If-None-Match': '*' }
}

/** Reads a flag past the browser's cache; one that is missing has no version. */
async function read(path: Path): Promise<Done | undefined> {
  try {
    return await ask(client.GET('/v1/envs/{env}/flags/{key}', { params: { path }, cache: 'no-store' }))
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return undefined
    throw error
  }
}

/**
 * Kills a flag, also one that somebody has changed since it was looked at.
 * Why: RATIONALE.md "Why is a kill never refused because somebody changed the flag?"
 */
export async function kill(path: Path, reason: string): Promise<Done> {
  return ask(client.POST('/v1/envs/{env}/flags/{key}/kill', { params: { path }, body: reason ? { reason } : {} }))
}

export async function revive(path: Path, reason: string, etag: string): Promise<Done> {
  return ask(client.POST('/v1/envs/{env}/flags/{key}/revive', { params: { path, header: at(etag) }, body: reason ? { reason } : {} }))
}

/** Brings a flag at a version back to a revision. */
export async function rollBack(path: Path, to: number, reason: string, etag: string, dry = false): Promise<Done> {
  return ask(client.POST('/v1/envs/{env}/flags/{key}/rollback', { params: { path, header: at(etag), query: dry ? { dry_run: true } : {} }, body: { revision: to, ...(reason ? { reason } : {}) } }))
}

export async function remove(path: Path, reason: string, etag: string, dry = false): Promise<{ revision: number }> {
  return ask(client.DELETE('/v1/envs/{env}/flags/{key}', { params: { path, header: { 'If-Match': etag }, query: { ...(dry ? { dry_run: true } : {}), ...(reason ? { reason } : {}) } } }))
}

function told(path: Path, verb: 'kill' | 'revive', { data, etag, revision }: Done): Saved {
  const killed = verb === 'kill'
  return {
    text: `${data.key} is ${killed ? 'killed' : 'revived'} in ${path.env}.`,
    state: data.state,
    revision: revision || data.revision,
    undoLabel: killed ? 'Revive' : 'Kill again',
    undo: async () => (killed ? told(path, 'revive', await revive(path, 'undo', etag)) : told(path, 'kill', await kill(path, 'undo'))),
  }
}

/** Kills a flag, or revives it. */
export function switching(verb: 'kill' | 'revive', env: string, key: string): Act {
  const path = { env, key }
  const killing = verb === 'kill'
  return {
    verb: killing ? 'Kill' : 'Revive',
    env,
    flag: key,
    button: `${killing ? 'Kill' : 'Revive'} in ${env}`,
    danger: killing,
    always: killing,
    note: killing ? 'All gates are kept. Revive brings back exactly this. Other environments stay as they are.' : 'Its gates decide again, as they stand.',
    look: async () => {
      const { data, etag } = await present(path)
      return { flag: { ...documentOf(data), killed: killing }, etag, revision: data.revision }
    },
    act: async (reason, seen) => arrival.show(told(path, verb, killing ? await kill(path, reason) : await revive(path, reason, seen!.etag))),
  }
}

async function present(path: Path): Promise<Done> {
  const found = await read(path)
  if (found) return found
  throw new Error(`There is no flag ${path.key} in ${path.env} any more.`)
}

/** Brings a flag back to how it was at a revision, also one that was deleted since. */
export function rollingBack(env: string, key: string, revision: number): Act {
  const path = { env, key }
  const done = ({ data, etag, revision: now }: Done, to: number, before: Look): Saved => ({
    text: `${key} is as at revision ${to} in ${env}.`,
    state: data.state,
    revision: now || data.revision,
    undoLabel: 'Undo',
    undo: async () => {
      if (before.etag) return done(await rollBack(path, before.revision, 'undo', etag), before.revision, { flag: data, etag, revision: to })
      return { text: `${key} is gone again from ${env}.`, state: 'off', revision: (await remove(path, 'undo', etag)).revision }
    },
  })
  return {
    verb: 'Roll back',
    env,
    flag: key,
    button: `Roll back to ${revision} in ${env}`,
    look: async () => {
      const now = await read(path)
      const etag = now?.etag ?? ''
      return { flag: documentOf((await rollBack(path, revision, '', etag, true)).data), etag, revision: now?.data.revision ?? 0 }
    },
    act: async (reason, seen) => arrival.show(done(await rollBack(path, revision, reason, seen!.etag), revision, seen!)),
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
    look: async () => {
      const { data, etag } = await present(path)
      return { flag: documentOf(data), delete: true, etag, revision: data.revision }
    },
    act: async (reason, seen) => {
      const { revision } = await remove(path, reason, seen!.etag)
      const back = async (): Promise<Saved> => {
        const { data, revision: at } = await rollBack(path, seen!.revision, 'undo', '')
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
