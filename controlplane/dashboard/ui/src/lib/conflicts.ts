import type { Environment } from './api'

export type Conflict = NonNullable<Environment['settings']['group_conflict']>

/** What is asked of an environment: which wins, where one group of an actor is turned on and another off. */
export const question = "Where two of an actor's groups disagree"

/** The answers to that: in a table, in a choice, and what they mean for an actor. */
export const conflicts: Readonly<Record<Conflict, { readonly word: string; readonly text: string; readonly then: string }>> = {
  deny_wins: { word: 'off wins', text: 'off wins', then: 'An actor that is in two groups, one turned on and one turned off, doesn’t get the flag.' },
  allow_wins: { word: 'on wins', text: 'on wins, as in Bandera', then: 'An actor that is in two groups, one turned on and one turned off, gets the flag.' },
}

/** Returns what wins in an environment. */
export function conflictOf({ settings }: Environment): Conflict {
  return settings.group_conflict ?? 'deny_wins'
}
