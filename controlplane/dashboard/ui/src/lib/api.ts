import createClient from 'openapi-fetch'
import { parseJSON } from './exact'
import { mount } from './mount'
import type { components, paths } from './openapi'

type Schemas = components['schemas']
export type Flag = Schemas['Flag']
export type FlagDocument = Schemas['FlagDocument']
export type Gate = Schemas['Gate']
/** What one gate of a flag does, in the server's words, which the command line has too. */
export type GateWords = Schemas['Words']['gates'][number]
export type Constraint = Schemas['Constraint']
export type Variant = Schemas['Variant']
export type Segment = Schemas['Segment']
export type Environment = Schemas['Environment']
export type AuditEntry = Schemas['AuditEntry']
export type Change = Schemas['Change']
export type Preview = Schemas['Preview']
export type PreviewShare = Schemas['PreviewShare']
export type Problem = Schemas['Problem']
export type Fault = Schemas['Fault']
export type Token = Schemas['Token']
export type Webhook = Schemas['Webhook']
export type Refused = paths['/v1/audit/failures']['get']['responses'][200]['content']['application/json']['failures'][number]
export type HostList = Schemas['HostList']
export type Role = Schemas['Role']
export type Difference = Schemas['Difference']
export type State = Schemas['State']
export type IndexFlag = Schemas['IndexFlag']
export type Who = Schemas['Session']
export type Edit = Schemas['Edit']

/** A refusal of the server, or that it can't be reached (status 0). */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.detail ? `${problem.title}: ${problem.detail}` : problem.title)
  }
  /** What is wrong with the parts of what was sent. */
  get faults(): readonly Fault[] {
    return this.problem.errors ?? []
  }
}

/** Told when the server doesn't know the session any more. */
export let onSignedOut: () => void = () => {}
export function whenSignedOut(run: () => void): void {
  onSignedOut = run
}

/** What an answer shows to be missing: the server, or the store behind it. */
export type Missing = '' | 'server' | 'store'

export function missing(response: Response): Missing {
  if (response.status < 502 || response.status > 504) return ''
  return response.headers.has('X-Gonfalon-Version') ? 'store' : 'server' // a proxy has an answer of its own
}

/** Told when an answer didn't come, or came without what it needs. */
let onMissing: (what: Missing) => void = () => {}
export function whenMissing(run: (what: Missing) => void): void {
  onMissing = run
}

/** The typed client of our own OpenAPI document. The browser sends the session's cookie by itself. */
export const client = createClient<paths>({ baseUrl: mount, credentials: 'same-origin', fetch: withinPatience })

const patience = 30_000 // milliseconds, after which nobody believes any more that an answer comes

/** Sends a request, and gives it up when its answer takes too long. The answer's numbers are exact. */
export async function withinPatience(request: Request | string, init?: RequestInit): Promise<Response> {
  const over = new AbortController()
  setTimeout(() => over.abort(new DOMException('', 'TimeoutError')), patience)
  const { body, status, statusText, headers } = await fetch(request, { ...init, signal: over.signal })
  const all = new Headers(headers)
  if (!all.has('Content-Length')) all.set('Content-Length', 'unknown') // openapi-fetch reads an answer without a length by JSON.parse, which isn't exact
  const answer = new Response(status === 204 || status === 304 ? null : body, { status, statusText, headers: all })
  answer.json = async () => parseJSON(await answer.text())
  return answer
}

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** An answer's body with its version, or a Refusal. */
export async function ask<T>(call: Promise<Answer<T>>): Promise<{ data: T; etag: string; revision: number }> {
  let answer: Answer<T>
  try {
    answer = await call
  } catch (error) {
    throw lost(error)
  }
  const { response } = answer
  if (missing(response)) onMissing(missing(response))
  if (!response.ok && response.status !== 304) throw refusal(response, answer.error)
  if ((response.status === 200 || response.status === 201) && (typeof answer.data !== 'object' || answer.data === null)) throw lost(new SyntaxError())
  return { data: answer.data as T, etag: response.headers.get('ETag') ?? '', revision: Number(response.headers.get('X-Gonfalon-Revision') ?? 0) }
}

/** Said where nobody knows what became of what was sent. */
export const perhaps = 'What was sent may have been done all the same.'

/** What to say where no answer came, or none of the server's. */
function lost(error: unknown): Refusal {
  onMissing('server')
  const [title, detail] = error instanceof SyntaxError
    ? ["The answer can't be read", `It isn't the server's, or it was cut off on its way. What you typed is kept. ${perhaps}`]
    : error instanceof DOMException && error.name === 'TimeoutError'
      ? ["The server doesn't answer", `What you typed is kept. ${perhaps}`]
      : ["The server can't be reached", 'What you typed is kept. The page goes on when it is back.']
  return new Refusal(0, { type: '/problems/unreachable', title, status: 0, detail })
}

function refusal(response: Response, error: unknown): Refusal {
  if (response.status === 401) onSignedOut()
  const known = typeof error === 'object' && error !== null && 'title' in error
  return new Refusal(response.status, known ? (error as Problem) : { type: '/problems/unknown', title: `The server answered ${response.status}`, status: response.status })
}

/** What is wrong, and what would be right if the server knows it. */
export function inFull({ detail, hint }: Fault): string {
  return hint ? `${detail}; ${hint}` : detail
}

/** Text for people of whatever went wrong. */
export function said(error: unknown): string {
  if (error instanceof Refusal && error.faults.length > 0) return error.faults.map((fault) => fault.detail).join('; ')
  return error instanceof Error ? error.message : String(error)
}
