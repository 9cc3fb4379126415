import { kill, revive, rollBack } from './acts.svelte'
import { ask, client, Refusal, said, type Flag, type Preview } from './api'
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
  readonly act: BulkAct
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
    const { data: flag, etag } = await ask(client.GET('/v1/envs/{env}/flags/{key}', { params: { path: { env, key } }, cache: 'no-store' }))
    if (!act.fits(flag) || (act.id === 'tag' && (tag === '' || flag.tags.includes(tag)))) return { key, act, etag, says: act.id === 'tag' && tag === '' ? 'name a tag first' : 'is like that already', state: 'skipped' }
    const proposed = propose(act, flag, tag)
    const { data } = await ask(client.POST('/v1/envs/{env}/preview', { params: { path: { env } }, body: { flag: proposed } }))
    return { key, act, flag, etag, proposed, says: words(data, flag), state: data.problems.length > 0 ? 'skipped' : 'ready' }
  } catch (error) {
    return { key, act, etag: '', says: said(error), state: 'failed' }
  }
}

function words(preview: Preview, flag: Flag): string {
  if (preview.problems.length > 0) return preview.problems.map((fault) => fault.detail).join('; ')
  return foresight(preview, flag.gates.some((gate) => gate.type === 'percentage_of_time')).lead
}

/** Does it to one flag, unless someone else changed it since the preview: then it says what the act would do now. */
export async function doTo(env: string, row: BulkRow, reason: string, tag: string): Promise<BulkRow> {
  try {
    const { data, etag, revision } = await does(env, row, reason)
    return { ...row, etag, state: 'done', says: 'done', revision: revision || data.revision }
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 412) return { ...row, state: 'failed', says: said(error) }
    const now = await lookAt(env, row.key, row.act, tag)
    return { ...now, says: `Changed in the meantime, nothing is done yet. ${now.says}` }
  }
}

async function does(env: string, { key, act, etag, proposed }: BulkRow, reason: string): Promise<{ data: Flag; etag: string; revision: number }> {
  const path = { env, key }
  if (act.id === 'kill') return kill(path, reason)
  if (act.id === 'revive') return revive(path, reason, etag)
  const why = reason ? { reason } : {}
  const init = { params: { path, header: { 'If-Match': etag } } }
  return ask(act.id === 'enable' ? client.POST('/v1/envs/{env}/flags/{key}/enable', { ...init, body: why }) : client.PUT('/v1/envs/{env}/flags/{key}', { ...init, body: { ...proposed!, ...why } }))
}

/** Brings back those flags that nobody has changed since; the others are named. */
export async function undo(env: string, rows: readonly BulkRow[]): Promise<{ revision: number; undone: number; left: readonly string[] }> {
  const left: string[] = []
  let last = 0
  for (const { key, flag, etag } of rows) {
    try {
      const { data, revision } = await rollBack({ env, key }, flag!.revision, 'undo', etag)
      last = Math.max(last, revision || data.revision)
    } catch (error) {
      left.push(`${key}: ${said(error)}`)
    }
  }
  return { revision: last, undone: rows.length - left.length, left }
}
