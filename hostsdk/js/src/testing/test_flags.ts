import { Client } from '../client.js'
import type { Context, Json } from '../context.js'
import type { Decision } from '../decision.js'
import { moduleBase64 } from '../engine/bytes.js'
import { compiledModule, decodeBase64, useModule } from '../engine/module.js'
import { silent } from '../log.js'
import type { Feed } from '../source/source.js'
import { quoted } from '../quoted.js'
import { copyOf, snapshotOf, type TestFlag } from './snapshot.js'

/** What a test gives: `t` of `node:test`, or the context of a vitest test. */
export interface TestScope {
  after?(end: () => void): void
  onTestFinished?(end: () => void): void
}

/** The actor or the group that a change is about; everyone if neither is given. */
export interface Target {
  readonly forActor?: string
  readonly forGroup?: string
}

/** A variant's share of actors, and what it carries. */
export type Share = number | { readonly weight?: number; readonly payload?: Json }

/**
 * A client for tests: no network, no file, only the flags that the test writes, decided by the engine as everywhere. A flag that
 * wasn't written doesn't exist.
 */
export class TestFlags extends Client {
  private written: ReadonlyMap<string, TestFlag> = new Map()
  private readonly feed: { current: Feed | undefined }
  private revision = 0

  constructor(private readonly strict: boolean) {
    let module = compiledModule()
    if (module === undefined) useModule((module = new WebAssembly.Module(decodeBase64(moduleBase64))))
    const feed: { current: Feed | undefined } = { current: undefined }
    const source = {
      run: (current: Feed, signal: AbortSignal): Promise<never> => {
        feed.current = current
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
      },
    }
    super(module, { environment: 'test', source, bootstrap: snapshotOf(new Map(), 'test', 0), logger: silent, usage: false, readyWithin: 0 }, undefined)
    this.feed = feed
    // Nothing of it waits: without a file to read, a client is ready to be asked at once.
    this.loadBootstrap()
    this.begin()
    feed.current?.confirm()
  }

  /** Turns a flag on, for everybody or for a target. */
  enable(key: string, target: Target = {}): this {
    return this.gate(key, target, true)
  }

  /** Turns a flag off, for everybody or for a target. */
  disable(key: string, target: Target = {}): this {
    return this.gate(key, target, false)
  }

  /** Gives a flag variants, by name. A weight is a number of 0 or more, and at least one is above 0. */
  variants(key: string, shares: Readonly<Record<string, Share>>): this {
    const variants = new Map(Object.entries(shares).map(([name, share]) => [name, typeof share === 'number' ? { weight: share } : { weight: 1, ...share }]))
    const total = [...variants].reduce((sum, [name, { weight }]) => {
      if (!(weight >= 0)) throw new TypeError(`gonfalon: the weight of the variant ${quoted(name)} is ${weight}, and not 0 or more`)
      return sum + weight
    }, 0)
    if (variants.size > 0 && !(total > 0 && total < Infinity)) throw new TypeError(`gonfalon: the weights of ${quoted(key)} come to ${total}`)
    return this.change(key, (flag) => (flag.variants = variants))
  }

  /** Serves one variant to every actor. */
  serve(key: string, variant: string, payload?: Json): this {
    return this.variants(key, { [variant]: payload === undefined ? 1 : { payload } })
  }

  /** Kills a flag: it is off, whatever else is written. */
  kill(key: string, offVariant?: string): this {
    return this.change(key, (flag) => {
      flag.killed = true
      flag.offVariant = offVariant
    })
  }

  /** Takes a flag away, or all of them. */
  clear(key?: string): this {
    return this.publish(new Map(key === undefined ? [] : [...this.written].filter(([other]) => other !== key)))
  }

  override enabled(...[key, query]: Parameters<Client['enabled']>): boolean {
    this.check(key)
    return super.enabled(key, query)
  }

  override decide(key: string, context?: Context): Decision {
    this.check(key)
    return super.decide(key, context)
  }

  private check(key: string): void {
    if (this.strict && !this.written.has(key)) throw new Error(`the test asks for the flag ${JSON.stringify(key)}, which it has not written`)
  }

  private gate(key: string, { forActor, forGroup }: Target, enabled: boolean): this {
    return this.change(key, (flag) => {
      if (forActor === undefined && forGroup === undefined) flag.on = enabled
      if (forActor !== undefined) flag.actors.set(forActor, enabled ? 2 : 1)
      if (forGroup !== undefined) flag.groups.set(forGroup, enabled ? 2 : 1)
    })
  }

  private change(key: string, change: (flag: TestFlag) => void): this {
    const flag = copyOf(this.written.get(key))
    change(flag)
    return this.publish(new Map(this.written).set(key, flag))
  }

  /** Lets other flags serve, or throws and changes nothing. */
  private publish(flags: ReadonlyMap<string, TestFlag>): this {
    const before = this.written
    this.written = flags // before listeners hear of it, who may change more
    try {
      this.feed.current?.take(snapshotOf(flags, 'test', ++this.revision))
    } catch (error) {
      this.written = before
      throw error
    }
    return this
  }
}

/**
 * Makes a client for one test, which ends with it.
 *
 * ```ts
 * test('checkout', (t) => {
 *   const flags = testFlags(t).enable('new_checkout', { forGroup: 'staff' })
 *   …
 * })
 * ```
 *
 * @param t the test, of `node:test` or vitest; without one, the client is the caller's to close.
 * @param options strict: a flag that the test has not written is an error.
 */
export function testFlags(t?: TestScope, options: { readonly strict?: boolean } = {}): TestFlags {
  const flags = new TestFlags(options.strict ?? false)
  const end = (): void => void flags.close()
  if (t?.after !== undefined) t.after(end)
  else t?.onTestFinished?.(end)
  return flags
}
