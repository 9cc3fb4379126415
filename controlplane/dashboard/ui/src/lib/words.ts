import type { components } from './openapi'

/** What one gate of a flag does, in the server's words, which the command line has too. */
export type GateWords = components['schemas']['Words']['gates'][number]
