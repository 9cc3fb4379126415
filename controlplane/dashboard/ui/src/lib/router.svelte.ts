import { untrack } from 'svelte'
import { mount } from './mount'
import { paths } from './paths'

export type PageName = keyof typeof paths | 'unknown'

export interface Route {
  readonly page: PageName
  readonly env: string
  readonly key: string
  readonly query: URLSearchParams
}

function segments(path: string): string[] {
  return path.split('/').filter((each) => each !== '')
}

/** Reads an address into a route. */
export function routeOf(pathname: string, search: string): Route {
  const query = new URLSearchParams(search)
  const have = segments(pathname.startsWith(mount) ? pathname.slice(mount.length) : pathname)
  for (const [page, path] of Object.entries(paths)) {
    const want = segments(path)
    if (want.length !== have.length || !want.every((each, i) => each.startsWith(':') || each === have[i])) continue
    const named = (name: string): string => {
      const at = want.indexOf(name)
      return at < 0 ? '' : decoded(have[at]!)
    }
    return { page: page as PageName, env: named(':env'), key: named(':key'), query }
  }
  return { page: 'unknown', env: '', key: '', query }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment // a stray % is a character of the key
  }
}

/** Encodes a segment of a path, also one with half a character, which was pasted. */
export function encoded(text = ''): string {
  return encodeURIComponent(text.toWellFormed())
}

/** Reads a whole number of an address; anything else is as if it were missing. */
export function wholeIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** The address of a page. */
export function to(page: Exclude<PageName, 'unknown'>, params: { env?: string; key?: string } = {}, query?: Record<string, string>): string {
  const path = paths[page].replace(':env', encoded(params.env)).replace(':key', encoded(params.key))
  const search = new URLSearchParams(query).toString()
  return mount + path + (search ? '?' + search : '')
}

/** How long an address that replaces another waits: writing one for each letter costs frames, and browsers limit how many they take. */
const writtenAfter = 200

/** The longest address, in characters, that is written into the browser's bar: servers and proxies refuse to load longer ones again. */
const longest = 8000

/** What a page says that is kept. */
export const unsaved = 'Save or discard this first; nothing is lost by waiting.'

class Router {
  route = $state.raw(routeOf(location.pathname, location.search))
  private address = location.pathname + location.search
  private unwritten: ReturnType<typeof setTimeout> | undefined
  private guard: (() => boolean) | undefined

  constructor() {
    addEventListener('popstate', () => this.back())
    addEventListener('pagehide', () => this.write())
    addEventListener('beforeunload', (event) => {
      if (!this.mayLeave()) event.preventDefault()
    })
    document.addEventListener('click', (event) => this.click(event))
  }

  /**
   * Keeps a page while something is typed that isn't saved, and then tells of it; for an effect of the page. Leaving what was typed
   * needs an act that discards it first.
   */
  keep(dirty: () => boolean, tell: (text: string) => void): () => void {
    const guard = (): boolean => {
      if (dirty()) tell(unsaved)
      return !dirty()
    }
    this.guard = guard
    return () => {
      if (this.guard === guard) this.guard = undefined
    }
  }

  /** Reports whether nothing would be lost by leaving the page, which else says so. */
  mayLeave(): boolean {
    return this.guard?.() ?? true
  }

  /** Loads the document again, and with it nothing of what was typed. */
  reload(): void {
    this.guard = undefined
    location.reload()
  }

  /** Goes to an address of the dashboard. One that replaces the page's own shows at once, and soon in the browser's bar. */
  go(address: string, replace = false): void {
    const samePage = new URL(address, location.href).pathname === new URL(this.address, location.href).pathname
    if (!replace && new URL(address, location.href).pathname !== location.pathname && !this.mayLeave()) return
    if (replace && samePage) {
      clearTimeout(this.unwritten)
      this.unwritten = setTimeout(() => this.write(), writtenAfter)
    } else {
      this.write()
      if (replace) this.put('replaceState', address)
      else if (address !== this.address) this.put('pushState', address)
    }
    this.read(address)
  }

  /** The address that is shown, in full. */
  get link(): string {
    return new URL(this.address, location.href).href
  }

  /** Writes an address that waits into the browser's bar. */
  private write(): void {
    if (this.unwritten === undefined) return
    this.forget()
    this.put('replaceState', this.address)
  }

  private put(how: 'pushState' | 'replaceState', address: string): void {
    history[how](null, '', address.length > longest ? new URL(address, location.href).pathname : address)
  }

  private forget(): void {
    clearTimeout(this.unwritten)
    this.unwritten = undefined
  }

  /** Follows the browser's own buttons, unless the page has to be kept. */
  private back(): void {
    this.forget() // it belongs to the entry that was left
    const here = new URL(this.address, location.href).pathname
    if (here !== location.pathname && !this.mayLeave()) this.put('pushState', this.address)
    else this.read(location.href)
  }

  private read(to: string): void {
    const { pathname, search } = new URL(to, location.href)
    if (pathname + search === this.address) return
    this.address = pathname + search
    const left = untrack(() => this.route) // an effect that goes somewhere doesn't depend on where it was
    this.route = routeOf(pathname, search)
    if (left.page !== this.route.page || left.key !== this.route.key) scrollTo(0, 0)
  }

  /** Follows links to the dashboard's own pages without loading the document again. */
  private click(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin || link.getAttribute('href')?.startsWith('#')) return
    if (routeOf(link.pathname, link.search).page === 'unknown') return
    event.preventDefault()
    this.go(link.pathname + link.search)
  }
}

export const router = new Router()
