import { GeneralError, ProviderFatalError } from '@openfeature/core'
import type { Flags } from '../flags.js'
import { RefusedError } from '../source/failure.js'

/** Details of an event, in both of OpenFeature's SDKs. */
export type ProviderEvent = { message?: string; flagsChanged?: string[] }

/** Emits a client's events in OpenFeature's words. It returns a function that ends that. */
export function relay(
  flags: Flags,
  emit: (event: 'PROVIDER_READY' | 'PROVIDER_STALE' | 'PROVIDER_ERROR' | 'PROVIDER_CONFIGURATION_CHANGED', details: ProviderEvent) => void,
): () => void {
  const stops = [
    flags.on('ready', () => emit('PROVIDER_READY', {})),
    flags.on('stale', ({ error }) => emit('PROVIDER_STALE', { message: error?.message ?? 'the source has not answered yet' })),
    flags.on('error', ({ error }) => emit('PROVIDER_ERROR', { message: error?.message ?? 'the source can’t be used' })),
    flags.on('change', (event) => emit('PROVIDER_CONFIGURATION_CHANGED', { flagsChanged: [...event.flags] })),
  ]
  return () => stops.forEach((stop) => stop())
}

/**
 * Throws if there are no flags to begin with. A token or an environment that is refused is fatal: it takes a person to mend it,
 * though the client keeps trying.
 */
export function ensureFlags(flags: Flags): void {
  const { state, lastError } = flags.stats
  if (state === 'READY' || state === 'STALE') return
  const message = `there are no flags yet (${state})${lastError === undefined ? '' : `: ${lastError.message}`}`
  throw lastError instanceof RefusedError ? new ProviderFatalError(message) : new GeneralError(message)
}
