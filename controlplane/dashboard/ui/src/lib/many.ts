import { ask, client, Refusal, type Difference } from './api'

/** What a change of a whole environment would do, and to which version of it. */
export interface Look {
  readonly difference: Difference
  readonly etag: string
}

/** A change of many things at once, which can be looked at before it is made. */
export interface Many {
  look(): Promise<Look>
  make(reason: string, etag: string): Promise<Look>
}

/** Thrown instead of a change that would do something else than what was looked at: what it would do now. */
export class Overtaken extends Error {
  constructor(readonly now: Look) {
    super('Somebody changed something in the meantime, so nothing is done yet. This is what it would do now.')
  }
}

const tries = 5 // in which a busy environment is changed by others, though never in what this is about

/** Makes a change, if it still does what was looked at. Changes in between that don't touch that are no reason to ask again. */
export async function carry(many: Many, seen: Look, reason: string): Promise<Look> {
  for (let turn = 1; ; turn++) {
    const now = await many.look()
    if (JSON.stringify(now.difference.changes) !== JSON.stringify(seen.difference.changes)) throw new Overtaken(now)
    try {
      return await many.make(reason, now.etag)
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 412 || turn === tries) throw error
    }
  }
}

async function looked(call: Promise<{ data: Difference; etag: string }>): Promise<Look> {
  const { data, etag } = await call
  return { difference: data, etag }
}

/** Copies from one environment to another: some flags with what they need, or everything. */
export function copying(env: string, what: { from: string; flags?: string[]; prune?: boolean }): Many {
  const path = { env }
  return {
    look: () => looked(ask(client.POST('/v1/envs/{env}/copy', { params: { path, query: { dry_run: true } }, body: what }))),
    make: (reason, etag) => looked(ask(client.POST('/v1/envs/{env}/copy', { params: { path, header: { 'If-Match': etag } }, body: { ...what, ...(reason ? { reason } : {}) } }))),
  }
}

/** Brings a whole environment back to a revision. */
export function restoring(env: string, revision: number): Many {
  const path = { env }
  return {
    look: () => looked(ask(client.POST('/v1/envs/{env}/rollback', { params: { path, query: { dry_run: true } }, body: { revision } }))),
    make: (reason, etag) => looked(ask(client.POST('/v1/envs/{env}/rollback', { params: { path, header: { 'If-Match': etag } }, body: { revision, ...(reason ? { reason } : {}) } }))),
  }
}
