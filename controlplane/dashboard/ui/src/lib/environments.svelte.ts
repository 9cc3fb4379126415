import { ask, client, type Environment } from './api'
import { keep, kept } from './kept'
import { router } from './router.svelte'
import { session } from './session.svelte'

const remembered = 'gonfalon.environment'

/** The environments that the session may see, and the one that the page is about. */
class Environments {
  list = $state.raw<Environment[]>([])
  loaded = $state(false)
  /** The address is of an environment that isn't there, or isn't for this session: each request would be refused. */
  refused = $derived(this.loaded && router.route.env !== '' && !this.list.some((each) => each.key === router.route.env))
  /** The environment of the address, or else the last one that was looked at. */
  current = $derived(router.route.env === '' || this.refused ? this.fallback() : router.route.env)

  async load(): Promise<void> {
    const { data } = await ask(client.GET('/v1/envs'))
    this.list = [...data.environments].sort((a, b) => Number(isProduction(a.key)) - Number(isProduction(b.key)) || a.key.localeCompare(b.key))
    this.loaded = true
  }

  remember(key: string): void {
    keep(remembered, key)
  }

  private fallback(): string {
    const last = kept(remembered)
    if (this.list.some((each) => each.key === last)) return last
    const used = this.list.filter((each) => each.flags > 0)
    return (used.find((each) => isProduction(each.key)) ?? used[0] ?? this.list[0])?.key ?? 'default'
  }
}

/** Reports whether an environment is production, which looks like nothing else; the server's settings say which are. */
export function isProduction(key: string): boolean {
  return (session.who?.production ?? []).some((pattern) => new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`, 'i').test(key))
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** The colour that the server's settings give an environment; undefined for none of its own. */
export function colorOf(key: string): string | undefined {
  const colors = session.who?.colors ?? {}
  return Object.hasOwn(colors, key) ? colors[key] : undefined
}

/** An environment's key with a capital, for a title. */
export function titled(key: string): string {
  return key.charAt(0).toUpperCase() + key.slice(1)
}

export const environments = new Environments()
