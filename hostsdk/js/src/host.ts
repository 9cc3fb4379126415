import { random } from './engine/clock.js'
import type { Secret } from './secret.js'
import { failure } from './source/failure.js'
import { later } from './source/pause.js'
import type { FlagUsage } from './usage.js'
import { version } from './version.js'

/** A host tells at a random moment of these milliseconds after another revision serves, so that hosts don't all tell at once … */
const within = 2_000
/** … and at most once in these, however many changes there are. */
const pause = 5_000

/** What serves. */
export interface Serving {
  readonly revision: number
  readonly lineage: string
}

/**
 * Tells the control plane what this client is and which revision serves, with the counts of usage, so that an operator sees which
 * hosts serve a change. A control plane of an older version refuses what it doesn't know, and is sent the counts alone.
 */
export class Host {
  /** The next report is the last. */
  gone = false
  private readonly id = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('')
  private plain = false
  private silent = false
  /** How many reports have arrived, or are under way and may arrive. */
  private told = 0
  private underway: Promise<unknown> = Promise.resolve()
  private last = -Infinity
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly serving: () => Serving | undefined,
    private readonly via: string | undefined,
    private readonly post: (body: object) => Promise<Response>,
    private readonly secret: Secret,
  ) {}

  /** Sends counts. */
  async report(flags: Record<string, FlagUsage>): Promise<void> {
    this.told++
    const sent = this.send(flags)
    this.underway = Promise.allSettled([this.underway, sent]).then(() => {})
    try {
      await sent
    } catch (error) {
      this.told--
      this.silent = true
      throw error
    }
  }

  private async send(flags: Record<string, FlagUsage>): Promise<void> {
    const { plain } = this
    const response = await this.post(plain ? { flags: counts(flags) } : { flags, host: this.about() })
    if (response.status === 400 && !plain) {
      this.plain = true
      await response.body?.cancel()
      if (Object.keys(flags).length > 0) return this.send(flags)
      return
    }
    if (!response.ok) throw await failure(response, this.secret)
    this.silent = false
    await response.body?.cancel().catch(() => {}) // it has arrived, whatever becomes of the rest of the answer
  }

  /** Sends no counts: the host is still there, or ends. It never rejects. */
  async tell(): Promise<void> {
    if (this.plain || (this.gone && this.told === 0)) return
    this.last = Date.now()
    await this.report({}).catch(() => {})
  }

  /** Another snapshot serves. */
  moved(): void {
    if (this.timer !== undefined || this.plain || this.silent) return
    this.timer = later(Math.max(this.last + pause - Date.now(), 0) + within * random(), () => {
      this.timer = undefined
      void this.tell()
    })
  }

  /** Nothing is told any more, but for the last report. Resolves when that can't overtake another one, which would bring the host back. */
  stop(): Promise<unknown> {
    this.gone = true
    clearTimeout(this.timer)
    return this.underway
  }

  private about(): object {
    const { revision = 0, lineage } = this.serving() ?? {}
    const sdk = (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node === undefined ? 'browser' : 'node'
    return { id: this.id, sdk, version, revision, lineage, via: this.via, gone: this.gone || undefined }
  }
}

/** The counts as a control plane of an older version takes them. */
function counts(flags: Record<string, FlagUsage>): Record<string, FlagUsage> {
  return Object.fromEntries(Object.entries(flags).map(([key, { count, last }]) => [key, { count, last }]))
}
