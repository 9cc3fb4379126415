import type { Flags } from '../flags.js'

/** Details of an event, in both of OpenFeature's SDKs. */
export type ProviderEvent = { message?: string; flagsChanged?: string[] }

/** Tells a client's events in OpenFeature's words. It gives a function that stops doing so. */
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

/** Throws if there are no flags to begin with. */
export function ensureFlags(flags: Flags): void {
  const { state, lastError } = flags.stats
  if (state === 'READY' || state === 'STALE') return
  throw new Error(`there are no flags yet (${state})${lastError === undefined ? '' : `: ${lastError.message}`}`)
}
