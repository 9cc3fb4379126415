import type { components } from './openapi'

/** What a flag's gates do, in the server's words, which the command line has too. */
export type Words = components['schemas']['Words']
export type GateWords = Words['gates'][number]
export type Kind = GateWords['kind']
