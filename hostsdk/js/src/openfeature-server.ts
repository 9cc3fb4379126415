/**
 * The OpenFeature provider for servers.
 *
 * @packageDocumentation
 */
import {
  OpenFeatureEventEmitter,
  ServerProviderEvents,
  type EvaluationContext,
  type JsonValue,
  type Provider,
  type ResolutionDetails,
} from '@openfeature/server-sdk'
import { Gonfalon, type Options } from './index.js'
import { Flags } from './flags.js'
import { contextOf, metadata, resolve, type Kind } from './openfeature/resolve.js'
import { ensureFlags, relay } from './openfeature/relay.js'

/**
 * Decides OpenFeature's flags in this process.
 *
 * ```ts
 * await OpenFeature.setProviderAndWait(new GonfalonProvider({ endpoint, token }))
 * const client = OpenFeature.getClient()
 * await client.getBooleanValue('new_checkout', false, { targetingKey: 'user:3', groups: ['staff'] })
 * ```
 */
export class GonfalonProvider implements Provider {
  readonly metadata = metadata
  readonly runsOn = 'server'
  readonly events = new OpenFeatureEventEmitter()
  private flags: Flags | undefined
  private stop: (() => void) | undefined

  /**
   * @param from options of a client, which then is connected on initialisation and closed on shutdown; or a client, whose life
   * is the caller's business.
   */
  constructor(private readonly from: Options | Flags) {}

  async initialize(): Promise<void> {
    const flags = this.from instanceof Flags ? this.from : await Gonfalon.connect(this.from)
    this.flags = flags
    this.stop = relay(flags, (event, details) => this.events.emit(event as ServerProviderEvents, details))
    ensureFlags(flags)
    // The SDK makes the provider ready once this resolves; that it is stale can only be said afterwards.
    if (flags.state === 'STALE') {
      setTimeout(() => {
        if (flags.state === 'STALE') this.events.emit(ServerProviderEvents.Stale, { message: 'the source has not answered yet' })
      })
    }
  }

  async onClose(): Promise<void> {
    this.stop?.()
    this.stop = undefined
    const { flags } = this
    this.flags = undefined
    if (flags !== undefined && flags !== this.from) await flags.close()
  }

  async resolveBooleanEvaluation(key: string, fallback: boolean, context: EvaluationContext): Promise<ResolutionDetails<boolean>> {
    return this.resolve('boolean', key, fallback, context)
  }

  async resolveStringEvaluation(key: string, fallback: string, context: EvaluationContext): Promise<ResolutionDetails<string>> {
    return this.resolve('string', key, fallback, context)
  }

  async resolveNumberEvaluation(key: string, fallback: number, context: EvaluationContext): Promise<ResolutionDetails<number>> {
    return this.resolve('number', key, fallback, context)
  }

  async resolveObjectEvaluation<T extends JsonValue>(key: string, fallback: T, context: EvaluationContext): Promise<ResolutionDetails<T>> {
    return this.resolve('object', key, fallback, context)
  }

  private resolve<T extends JsonValue>(kind: Kind, key: string, fallback: T, context: EvaluationContext): ResolutionDetails<T> {
    if (this.flags === undefined) return notReady(fallback)
    return resolve(this.flags, kind, key, fallback, contextOf(context))
  }
}


function notReady<T>(value: T): ResolutionDetails<T> {
  return { value, reason: 'ERROR', errorCode: 'PROVIDER_NOT_READY' as never, errorMessage: 'the provider has not been initialised' }
}
