import { AsyncLocalStorage } from 'node:async_hooks'
import type { Context, Json } from '../context.js'
import { undecided, type Decision } from '../decision.js'
import { Flags, override } from '../flags.js'

/** What a flag is in a scope: on or off, or a variant with its payload. */
export type Overridden = boolean | { readonly enabled?: boolean; readonly variant?: string; readonly payload?: Json }

/** What flags are in a scope; a function is called with each context, and undefined leaves the decision to the client. */
export type Overrides = Readonly<Record<string, Overridden | ((context: Context | undefined) => Overridden | undefined)>>

interface Layer {
  readonly flags: Flags
  readonly overrides: Overrides
  readonly outer: Layer | undefined
}

const layers = new AsyncLocalStorage<Layer>()

/**
 * Overrides a client's flags while a function runs, and in everything that it starts: tests that run at the same time don't see
 * each other's. Scopes nest; what an inner one doesn't say, the outer one does, and then the client.
 *
 * ```ts
 * await withFlags(flags, { new_checkout: true, hero: { variant: 'blue' } }, async () => { … })
 * ```
 *
 * @returns what the function returns.
 */
export function withFlags<T>(flags: Flags, overrides: Overrides, run: () => T): T {
  flags[override] ??= (key, context) => {
    for (let layer = layers.getStore(); layer !== undefined; layer = layer.outer) {
      if (layer.flags !== flags || !Object.hasOwn(layer.overrides, key)) continue
      const given = layer.overrides[key]!
      const overridden = typeof given === 'function' ? given(context) : given
      if (overridden !== undefined) return decisionOf(key, overridden)
    }
    return undefined
  }
  return layers.run({ flags, overrides, outer: layers.getStore() }, run)
}

function decisionOf(key: string, overridden: Overridden): Decision {
  const { enabled, variant, payload } = typeof overridden === 'boolean' ? { enabled: overridden } : { enabled: true, ...overridden }
  return {
    ...undecided(key, 'NOT_READY'),
    enabled,
    variant,
    payload,
    hasVariants: variant !== undefined,
    value: variant === undefined ? enabled : payload === undefined ? variant : payload,
    reason: variant === undefined ? 'STATIC' : 'SPLIT',
    known: true,
  }
}
