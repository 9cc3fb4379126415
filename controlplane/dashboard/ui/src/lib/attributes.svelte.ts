import { withinPatience, type Constraint } from './api'
import { live } from './live.svelte'
import { mount } from './mount'
import { typed } from './operators'

const most = 100 // values of one attribute

interface Document {
  readonly flags?: readonly { readonly gates?: readonly { readonly constraints?: readonly Constraint[] }[] }[]
  readonly segments?: readonly { readonly constraints?: readonly Constraint[] }[]
}

/** The attributes that an environment's rules and segments ask for, with the values that they compare; read when a rule is edited. */
class Attributes {
  private env = ''
  private revision = -1
  private all = $state.raw<ReadonlyMap<string, ReadonlySet<string>>>(new Map())
  readonly names = $derived([...this.all.keys()].sort())

  /** The values that an attribute is compared with somewhere. */
  values(name: string): readonly string[] {
    return [...(this.all.get(name) ?? [])].sort()
  }

  /** Reads them, unless they are there. Without them nothing is suggested. */
  async read(env: string): Promise<void> {
    if (env === this.env && live.revision === this.revision) return
    ;[this.env, this.revision] = [env, live.revision]
    const answer = await withinPatience(`${mount}/v1/envs/${encodeURIComponent(env)}/export`, { headers: { Accept: 'application/json' }, credentials: 'same-origin' }).catch(() => undefined)
    if (!answer?.ok || env !== this.env) return
    const { flags = [], segments = [] } = (await answer.json().catch(() => ({}))) as Document
    const found = new Map<string, Set<string>>()
    for (const { constraints = [] } of [...segments, ...flags.flatMap((flag) => flag.gates ?? [])]) {
      for (const { attribute, operator, values } of constraints) {
        const known = found.get(attribute) ?? new Set()
        for (const value of values) if (known.size < most) known.add(typed(value, operator))
        found.set(attribute, known)
      }
    }
    this.all = found
  }
}

export const attributes = new Attributes()
