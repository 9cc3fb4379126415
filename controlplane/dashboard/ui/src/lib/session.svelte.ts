import { ask, client, Refusal, said, whenSignedOut, type Who } from './api'
import { router } from './router.svelte'

/** Who is signed in, and what they may do. */
class Session {
  /** "ended" is a session that the server doesn't know any more: the page keeps what is typed until somebody signs in again. */
  status = $state<'unknown' | 'out' | 'in' | 'ended'>('unknown')
  who = $state.raw<Who | undefined>()
  /** Nobody could say yet whether somebody is signed in. */
  unsure = false
  /** Why the sign-in page is shown, if it isn't the first time. */
  note = $state('')

  mayWrite = $derived(this.who !== undefined && !this.who.read_only && (this.who.role === 'editor' || this.who.role === 'admin'))
  /** An admin of the environments that the session may see. */
  isAdmin = $derived(this.who !== undefined && !this.who.read_only && this.who.role === 'admin')
  /** An admin of all, and so of what belongs to no environment: tokens, webhooks, new environments. */
  isServerAdmin = $derived(this.isAdmin && this.who?.environments.length === 0)
  /** Why nothing can be changed, for people. */
  readonly why = $derived(this.who?.read_only ? 'This dashboard is read-only.' : `You are signed in as ${this.who?.name}, ${this.who?.role}: you can look at everything here, and change nothing.`)

  constructor() {
    whenSignedOut(() => {
      if (this.status === 'in') {
        this.note = 'The session has ended. Sign in to go on; what you typed is kept.'
        this.status = 'ended'
      } else if (this.status === 'unknown') this.out()
    })
    document.addEventListener('visibilitychange', () => document.hidden || void this.look())
  }

  /** Finds out who the cookie belongs to. A secret in the fragment is spent first, and removed from the address. */
  async start(): Promise<void> {
    const secret = new URLSearchParams(location.hash.slice(1)).get('secret')
    if (secret !== null) {
      history.replaceState(null, '', location.pathname + location.search)
      try {
        await ask(client.POST('/v1/sessions', { body: { secret } }))
      } catch (error) {
        this.note = error instanceof Refusal && error.status === 401 ? 'That address was used already, or is older than ten minutes. Make another with gonfalon dashboard.' : said(error)
      }
    }
    try {
      this.who = (await ask(client.GET('/v1/session'))).data // whoever opens an address twice is signed in by the first time
      this.note = ''
      this.unsure = false
      this.status = 'in'
    } catch (error) {
      this.unsure = !(error instanceof Refusal) || error.status !== 401
      if (this.unsure) this.note = said(error)
      this.out()
    }
  }

  /** Signs in with a token. Whoever signs in after somebody else finds nothing that they typed. */
  async signIn(token: string): Promise<void> {
    await ask(client.POST('/v1/sessions', { body: { token } }))
    const who = (await ask(client.GET('/v1/session'))).data
    if (this.who && this.who.name !== who.name) return router.reload()
    this.who = who
    this.note = ''
    this.status = 'in'
  }

  /** Finds out whether another tab has signed in as somebody else: all tabs have one cookie. What is typed stays, under the new name. */
  private async look(): Promise<void> {
    if (this.status !== 'in') return
    const who = await ask(client.GET('/v1/session', { cache: 'no-store' })).then(({ data }) => data, () => undefined)
    if (!who || this.who?.name === who.name) return void (this.who = who ?? this.who)
    if (router.mayLeave()) router.reload()
    else this.who = who
  }

  async signOut(): Promise<void> {
    if (!router.mayLeave()) return
    const unheard = await ask(client.DELETE('/v1/session')).then(() => '', (error: unknown) => (error instanceof Refusal && error.status === 401 ? '' : said(error)))
    this.note = unheard && `Not signed out: whoever opens this page in this browser is ${this.who?.name} still. ${unheard}`
    this.out()
  }

  private out(): void {
    this.who = undefined
    this.status = 'out'
  }
}

export const session = new Session()
