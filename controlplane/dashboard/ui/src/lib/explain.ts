import { ask, client } from './api'
import { parseJSON } from './exact'
import type { Engine } from './module'

/** Whom a decision is about. */
export interface Subject {
  readonly actor: string
  readonly groups: readonly string[]
  readonly attributes: Readonly<Record<string, unknown>>
}

/** One gate that was looked at. */
export interface Step {
  readonly gate: string
  readonly target?: string | undefined
  readonly outcome: string
  readonly detail: string
}

export interface Explanation {
  readonly enabled: boolean
  readonly reason: string
  readonly gate?: string | undefined
  readonly variant?: string | undefined
  readonly revision: number
  readonly steps: readonly Step[]
  /** How long the module took, in milliseconds; undefined if the server was asked. */
  readonly took?: number
}

/** Decides in the page, by the module. */
export function explainHere(engine: Engine, key: string, subject: Subject): Explanation {
  const context = { ...(subject.actor === '' ? {} : { actor: subject.actor }), groups: subject.groups, attributes: subject.attributes as Record<string, never> }
  const begun = performance.now()
  const { decision, steps } = engine.explain(key, context, { now: () => Date.now() })
  return {
    enabled: decision.enabled,
    reason: decision.reason,
    gate: decision.gate,
    variant: decision.variant,
    revision: engine.info.revision,
    steps: steps.map(({ gate, target, outcome, detail }) => ({ gate: gate ?? 'flag', target, outcome, detail })),
    took: performance.now() - begun,
  }
}

function body(subject: Subject, revision: number | undefined) {
  return { ...(subject.actor === '' ? {} : { actor: subject.actor }), groups: [...subject.groups], context: subject.attributes as Record<string, never>, ...(revision === undefined ? {} : { revision }) }
}

/** Asks the server, for now or a past revision. */
export async function explainThere(env: string, key: string, subject: Subject, revision: number | undefined): Promise<Explanation> {
  const { data } = await ask(client.POST('/v1/envs/{env}/flags/{key}/explain', { params: { path: { env, key } }, body: body(subject, revision) }))
  return data
}

/** Reports whether the flag was on at a revision; undefined if the server can't say. */
export async function wasOn(env: string, key: string, subject: Subject, revision: number): Promise<boolean | undefined> {
  try {
    return (await ask(client.POST('/v1/envs/{env}/flags/{key}/evaluate', { params: { path: { env, key } }, body: body(subject, revision) }))).data.enabled
  } catch {
    return undefined
  }
}

/** A value as it is typed: a number, true, false, null, a list or an object are what they look like, anything else is text. */
export function valueOf(text: string): unknown {
  try {
    const value = parseJSON(text)
    return isDeep(value, mostNesting) ? text : value
  } catch {
    return text
  }
}

const mostNesting = 64 // of lists and objects, as in a flag

function isDeep(value: unknown, left: number): boolean {
  return typeof value === 'object' && value !== null && (left === 0 || Object.values(value).some((each) => isDeep(each, left - 1)))
}

export function textOf(value: unknown): string {
  return typeof value === 'string' && valueOf(value) === value ? value : JSON.stringify(value)
}

/** What a value is, in a word. */
export function typeOf(value: unknown): string {
  if (typeof value === 'string') return /^\d+\.\d+\.\d+([-+].*)?$/.test(value) ? 'version' : 'text'
  if (value === null) return 'null'
  return Array.isArray(value) ? 'list' : { number: 'number', bigint: 'number', boolean: 'yes or no', object: 'object' }[typeof value as 'number' | 'bigint' | 'boolean' | 'object']
}

const actors = ['actor', 'targetingKey', 'targeting_key', 'user', 'user_id', 'userId']

/** Reads whom a line of a log is about: JSON, or name=value pairs. */
export function subjectIn(line: string): (Subject & { flag?: string }) | undefined {
  let found: Record<string, unknown> = {}
  const read = valueOf(line)
  if (typeof read === 'object' && read !== null && !Array.isArray(read)) {
    found = { ...read, ...('context' in read && typeof read.context === 'object' ? (read.context as object) : {}) }
    delete found['context']
  } else if (typeof read === 'string') {
    for (const [, name, quoted, plain] of line.matchAll(/([\w.-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)) found[name!] = quoted ?? valueOf(plain!)
  }
  const names = Object.keys(found)
  if (names.length === 0) return undefined
  const actor = actors.find((name) => name in found)
  const groups = found['groups'] ?? found['group']
  const flag = found['flag'] ?? found['flag_key']
  const attributes = Object.fromEntries(names.filter((name) => !actors.includes(name) && !['groups', 'group', 'flag', 'flag_key', 'time', 'level', 'msg'].includes(name)).map((name) => [name, found[name]]))
  return {
    actor: actor === undefined ? '' : String(found[actor]),
    groups: Array.isArray(groups) ? groups.map(String) : typeof groups === 'string' ? groups.split(/[,;]\s*/).filter(Boolean) : [],
    attributes,
    ...(typeof flag === 'string' ? { flag } : {}),
  }
}

function quoted(text: string): string {
  return /^[\w.:@/=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** The same question for the command line. */
export function commandOf(env: string, key: string, subject: Subject, revision: number | undefined): string {
  const parts = ['gonfalon explain', quoted(key), '--env', quoted(env)]
  if (subject.actor !== '') parts.push('--actor', quoted(subject.actor))
  for (const group of subject.groups) parts.push('--group', quoted(group))
  if (Object.keys(subject.attributes).length > 0) parts.push('--context', quoted(JSON.stringify(subject.attributes)))
  if (revision !== undefined) parts.push('--revision', String(revision))
  return parts.join(' ')
}
