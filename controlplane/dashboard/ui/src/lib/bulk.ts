import { ask, client, said, type Flag, type Preview } from './api'
import { documentOf } from './draft.svelte'
import { foresight } from './foresight'

/** What can be done to several flags at once. */
export const bulkActs = [
  { id: 'kill', verb: 'Kill', danger: true, fits: (flag: Flag) => !flag.killed },
  { id: 'revive', verb: 'Revive', danger: false, fits: (flag: Flag) => flag.killed },
  { id: 'enable', verb: 'Turn on for everyone', danger: false, fits: (flag: Flag) => !flag.gates.some((gate) => gate.type === 'boolean' && gate.enabled !== false) },
  { id: 'tag', verb: 'Tag', danger: false, fits: () => true },
] as const

export type BulkAct = (typeof bulkActs)[number]

/** One flag of several: what would happen to it, and later what did. */
export interface BulkRow {
  readonly key: string
  readonly flag?: Flag
  readonly etag: string
  readonly proposed?: ReturnType<typeof documentOf>
  readonly says: string
  readonly state: 'ready' | 'skipped' | 'done' | 'failed'
  readonly revision?: number
}

function propose(act: BulkAct, flag: Flag, tag: string): ReturnType<typeof documentOf> {
  const document = documentOf(flag)
  switch (act.id) {
    case 'kill':
      return { ...document, killed: true }
    case 'revive':
      return { ...document, killed: false }
    case 'enable':
      return { ...document, gates: [...document.gates.filter((gate) => gate.type !== 'boolean'), { type: 'boolean', enabled: true }] }
    case 'tag':
      return { ...document, tags: [...new Set([...document.tags, tag])] }
  }
}

/** Says what an act would do to one flag. */
export async function lookAt(env: string, key: string, act: BulkAct, tag: string): Promise<BulkRow> {
  try {
    const { data: flag, etag } = await ask(client.GET('/v1/envs/{env}/flags/{key}', { params: { path: { env, key } } }))
    if (!act.fits(flag) || (act.id === 'tag' && (tag === '' || flag.tags.includes(tag)))) return { key, etag, says: act.id === 'tag' && tag === '' ? 'name a tag first' : 'is like that already', state: 'skipped' }
    const proposed = propose(act, flag, tag)
    const { data } = await ask(client.POST('/v1/envs/{env}/preview', { params: { path: { env } }, body: { flag: proposed } }))
    return { key, flag, etag, proposed, says: words(data, flag), state: data.problems.length > 0 ? 'skipped' : 'ready' }
  } catch (error) {
    return { key, etag: '', says: said(error), state: 'failed' }
  }
}

function words(preview: Preview, flag: Flag): string {
  if (preview.problems.length > 0) return preview.problems.map((fault) => fault.detail).join('; ')
  return foresight(preview, flag.gates.some((gate) => gate.type === 'percentage_of_time')).lead
}

/** Does it to one flag, unless someone else changed it since the preview. */
export async function doTo(env: string, row: BulkRow, reason: string): Promise<BulkRow> {
  try {
    const { data, revision } = await ask(client.PUT('/v1/envs/{env}/flags/{key}', { params: { path: { env, key: row.key }, header: { 'If-Match': row.etag } }, body: { ...row.proposed!, ...(reason ? { reason } : {}) } }))
    return { ...row, state: 'done', says: 'done', revision: revision || data.revision }
  } catch (error) {
    return { ...row, state: 'failed', says: said(error) }
  }
}

/** Brings the flags back to how they were. */
export async function undo(env: string, rows: readonly BulkRow[]): Promise<number> {
  let last = 0
  for (const row of rows) {
    const { data, revision } = await ask(client.POST('/v1/envs/{env}/flags/{key}/rollback', { params: { path: { env, key: row.key } }, body: { revision: row.flag!.revision, reason: 'undo' } }))
    last = Math.max(last, revision || data.revision)
  }
  return last
}
