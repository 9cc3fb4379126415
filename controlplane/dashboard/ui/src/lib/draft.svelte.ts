import { ask, client, inFull, Refusal, said, type Fault, type Flag, type FlagDocument, type Gate, type Preview } from './api'
import { Failure } from './failure.svelte'

/** What is edited at once: the gates of one kind, or what isn't a gate. */
export type EditorKind = 'actor' | 'group' | 'prerequisite' | 'boolean' | 'percentage' | 'rule' | 'segment' | 'schedule' | 'variant' | 'about'

const typesOf: Record<EditorKind, readonly Gate['type'][]> = {
  actor: ['actor'],
  group: ['group'],
  prerequisite: ['prerequisite'],
  boolean: ['boolean'],
  percentage: ['percentage_of_actors', 'percentage_of_time'],
  rule: ['rule'],
  segment: ['segment'],
  schedule: ['schedule'],
  variant: ['variant'],
  about: [],
}

/** The order in which the server names gates in pointers. */
function order(a: Gate, b: Gate): number {
  const [x, y] = [`${a.type}\n${a.target ?? ''}`, `${b.type}\n${b.target ?? ''}`]
  return x < y ? -1 : x > y ? 1 : 0
}

/** The members of a flag that people write. */
export function documentOf(flag: FlagDocument): Required<FlagDocument> {
  const { key = '', description = '', owner = '', tags = [], permanent = false, killed = false, off_variant = null, gates = [] } = flag
  return structuredClone({ key, description, owner, tags, permanent, killed, off_variant, gates })
}

/** An unsaved edit of a flag, with what the server says about it. */
export class Draft {
  base: Flag = $state.raw()!
  etag: string = ''
  doc: Required<FlagDocument> = $state()!
  preview = $state.raw<Preview | undefined>()
  private previewed = $state('') // the document that it is about
  faults = $state.raw<readonly { gate: Gate | undefined; path: string; detail: string }[]>([])
  problem = $state('')
  readonly failed = new Failure()
  busy = $state(false)
  /** What can't be read of what is typed, by place: it isn't in the document yet, so that nothing can be saved. */
  unread = $state.raw<Readonly<Record<string, string>>>({})
  /** Set when someone else saved first: what stands now. */
  theirs = $state.raw<{ flag: Flag; etag: string } | undefined>()
  /** Set when someone else deleted the flag: saving makes it again. */
  gone = $state(false)
  /** What the server has, as far as the page knows. */
  readonly now = $derived(this.theirs?.flag ?? this.base)
  /** Something is typed that isn't saved, be it that it can't even be read yet. */
  readonly dirty = $derived(Object.keys(this.unread).length > 0 || JSON.stringify(this.plain(this.doc)) !== JSON.stringify(this.plain(documentOf(this.base))))
  /** What is typed has gone on since the preview. */
  readonly late = $derived(this.previewed !== JSON.stringify(this.plain(this.doc)))
  private latest = 0

  constructor(
    readonly env: string,
    base: Flag,
    etag: string,
    readonly kind: EditorKind,
  ) {
    this.base = base
    this.etag = etag
    this.doc = documentOf(base)
  }

  /** The gates of a type, which an editor may change in place. */
  gates(...types: Gate['type'][]): Gate[] {
    return this.doc.gates.filter((gate) => types.includes(gate.type))
  }

  /** Puts gates in the place of all those of the editor's kind. */
  put(gates: readonly Gate[]): void {
    const types = typesOf[this.kind]
    this.doc.gates = [...this.doc.gates.filter((gate) => !types.includes(gate.type)), ...gates]
  }

  /** Notes that something can't be read, or with '' that it can. */
  misread(place: string, problem: string): void {
    const { [place]: _, ...others } = this.unread
    this.unread = problem ? { ...others, [place]: problem } : others
  }

  /** What the server finds wrong with a gate, at a path in it and below. */
  faultsOf(gate: Gate | undefined, path = ''): readonly string[] {
    return this.faults.filter((fault) => fault.gate === gate && fault.path.startsWith(path)).map((fault) => fault.detail)
  }

  /** Asks what the edit would change. Only the latest answer counts. */
  async look(): Promise<void> {
    const turn = ++this.latest
    const sent = [...this.doc.gates].sort(order)
    const flag = this.plain(this.doc)
    try {
      const { data } = await ask(client.POST('/v1/envs/{env}/preview', { params: { path: { env: this.env } }, body: { flag } }))
      if (turn !== this.latest) return
      this.preview = data
      this.previewed = JSON.stringify(flag)
      this.problem = ''
      this.read(data.problems, sent)
    } catch (error) {
      if (turn !== this.latest) return
      this.problem = error instanceof Refusal && error.faults.length > 0 ? '' : said(error)
      this.read(error instanceof Refusal ? error.faults : [], sent)
    }
  }

  /** Saves the edit, if nobody else changed the flag since. What is typed meanwhile is more, which isn't saved yet. */
  async save(reason: string): Promise<{ flag: Flag; etag: string; revision: number; more: boolean } | undefined> {
    const sent = [...this.doc.gates].sort(order)
    const document = this.plain(this.doc)
    this.busy = true
    this.problem = ''
    this.failed.text = ''
    try {
      const path = { env: this.env, key: this.base.key }
      const { data, etag, revision } = await ask(client.PUT('/v1/envs/{env}/flags/{key}', { params: { path, header: this.gone ? { 'If-None-Match': '*' } : { 'If-Match': this.etag } }, body: { ...document, ...(reason ? { reason } : {}) } }))
      const more = JSON.stringify(this.plain(this.doc)) !== JSON.stringify(document) || Object.keys(this.unread).length > 0
      if (more) [this.base, this.etag, this.gone] = [data, etag, false]
      return { flag: data, etag, revision: revision || data.revision, more }
    } catch (error) {
      if (error instanceof Refusal && error.status === 412) await this.overtaken()
      else if (error instanceof Refusal && error.faults.length > 0) {
        this.read(error.faults, sent)
        if (this.faults.some((fault) => fault.gate === undefined)) this.failed.text = said(error)
      } else this.failed.text = said(error)
      return undefined
    } finally {
      this.busy = false
    }
  }

  /** Reads what stands now, since someone else changed the flag while it was edited. */
  async overtaken(): Promise<void> {
    try {
      const { data, etag } = await ask(client.GET('/v1/envs/{env}/flags/{key}', { params: { path: { env: this.env, key: this.base.key } } }))
      if (etag !== this.etag) this.found(data, etag)
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) this.gone = true
      else this.failed.text = said(error)
    }
  }

  /** Takes note of what stands now, by someone else. */
  found(flag: Flag, etag: string): void {
    this.gone = false
    this.theirs = { flag, etag }
  }

  /** Goes on from what stands now, with a document that has both. */
  rebase(merged: Required<FlagDocument>): void {
    if (!this.theirs) return
    this.base = this.theirs.flag
    this.etag = this.theirs.etag
    this.theirs = undefined
    this.doc = merged
  }

  private read(faults: readonly Fault[], sent: readonly Gate[]): void {
    const seen = new Set<string>()
    this.faults = faults.flatMap((fault) => {
      const { pointer, detail } = fault
      if (seen.has(pointer + detail)) return []
      seen.add(pointer + detail)
      const [, at, path] = /^(?:\/flag)?\/gates\/(\d+)(.*)$/.exec(pointer) ?? []
      const words = inFull(fault)
      return [at === undefined ? { gate: undefined, path: pointer.replace(/^\/flag/, ''), detail: words } : { gate: sent[Number(at)], path: path!, detail: words }]
    })
  }

  private plain(doc: Required<FlagDocument>): Required<FlagDocument> {
    const copy = $state.snapshot(doc) as Required<FlagDocument>
    return { ...copy, gates: copy.gates.sort(order) }
  }
}
