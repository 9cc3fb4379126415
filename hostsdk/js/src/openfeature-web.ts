/**
 * The OpenFeature provider for pages.
 *
 * @packageDocumentation
 */
import { ClientProviderEvents, OpenFeatureEventEmitter, type ProviderEmittableEvents, type EvaluationContext, type JsonValue, type Provider, type ResolutionDetails } from '@openfeature/web-sdk'
import { Gonfalon, RemoteFlags, type RemoteOptions } from './browser.js'
import { Flags } from './flags.js'
import { contextOf, metadata, resolve, type Kind } from './openfeature/resolve.js'
import { ensureFlags, relay } from './openfeature/relay.js'

/**
 * Gives OpenFeature the decisions of a control plane, for one context at a time; or, with a client that has a snapshot, decides
 * in the page.
 *
 * ```ts
 * await OpenFeature.setContext({ targetingKey: 'user:3' })
 * await OpenFeature.setProviderAndWait(new GonfalonWebProvider({ endpoint, token }))
 * OpenFeature.getClient().getBooleanValue('new_checkout', false)
 * ```
 */
export class GonfalonWebProvider implements Provider {
  readonly metadata = metadata
  readonly runsOn = 'client'
  readonly events = new OpenFeatureEventEmitter()
  private flags: Flags | undefined
  private stop: (() => void) | undefined

  /**
   * @param from options of a client, which then is connected on initialisation and closed on shutdown; or a client, whose life
   * is the caller's business.
   */
  constructor(private readonly from: Omit<RemoteOptions, 'context'> | Flags) {}

  async initialize(context?: EvaluationContext): Promise<void> {
    const { from } = this
    const flags = from instanceof Flags ? from : await Gonfalon.connect({ ...from, context: contextOf(context) })
    if (flags === from && flags instanceof RemoteFlags) await flags.setContext(contextOf(context))
    this.flags = flags
    this.stop = relay(flags, (event, details) => this.events.emit(event as ProviderEmittableEvents, details))
    ensureFlags(flags)
    if (flags.state === 'STALE') {
      setTimeout(() => {
        if (flags.state === 'STALE') this.events.emit(ClientProviderEvents.Stale, { message: 'the server has not answered yet' })
      })
    }
  }

  async onContextChange(_: EvaluationContext, context: EvaluationContext): Promise<void> {
    if (!(this.flags instanceof RemoteFlags)) return
    await this.flags.setContext(contextOf(context))
    ensureFlags(this.flags)
  }

  async onClose(): Promise<void> {
    this.stop?.()
    this.stop = undefined
    const { flags } = this
    this.flags = undefined
    if (flags !== undefined && flags !== this.from) await flags.close()
  }

  resolveBooleanEvaluation(key: string, fallback: boolean, context: EvaluationContext): ResolutionDetails<boolean> {
    return this.resolve('boolean', key, fallback, context)
  }

  resolveStringEvaluation(key: string, fallback: string, context: EvaluationContext): ResolutionDetails<string> {
    return this.resolve('string', key, fallback, context)
  }

  resolveNumberEvaluation(key: string, fallback: number, context: EvaluationContext): ResolutionDetails<number> {
    return this.resolve('number', key, fallback, context)
  }

  resolveObjectEvaluation<T extends JsonValue>(key: string, fallback: T, context: EvaluationContext): ResolutionDetails<T> {
    return this.resolve('object', key, fallback, context)
  }

  private resolve<T extends JsonValue>(kind: Kind, key: string, fallback: T, context: EvaluationContext): ResolutionDetails<T> {
    if (this.flags === undefined) {
      return { value: fallback, reason: 'ERROR', errorCode: 'PROVIDER_NOT_READY' as never, errorMessage: 'the provider has not been initialised' }
    }
    // A remote client has its context already: the SDK told of it.
    return resolve(this.flags, kind, key, fallback, this.flags instanceof RemoteFlags ? undefined : contextOf(context))
  }
}
