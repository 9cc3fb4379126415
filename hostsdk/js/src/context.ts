/** A value as an attribute can hold it. Anything else counts as null. */
export type Attribute = null | boolean | number | bigint | string | Date | readonly Attribute[] | { readonly [name: string]: Attribute | undefined }

/** Something that knows its id, such as a user object of one's own, and perhaps its groups. */
export interface Actor {
  /** The actor's key; null: an actor without a key, of which only the groups count. */
  readonly actorId: string | number | bigint | null
  /** Asked only for the groups that a flag names. */
  inGroup?(group: string): boolean
}

/**
 * The context of a decision: the actor, its groups, and attributes.
 *
 * Numbers without a fraction within ±2^53 are integers, and so are bigints of any size. NaN and infinities are null, a `Date`
 * is its ISO 8601 text in UTC, code units that aren't valid Unicode become U+FFFD. Lists and maps may nest 16 deep.
 */
export interface Context {
  /** The actor's key (the targeting key), such as `user:42`. */
  readonly actor?: string | number | bigint | Actor | null | undefined
  /** The groups that the actor is in, at most 256; or a function that is called only for the groups that a flag names. */
  readonly groups?: Iterable<string> | ((group: string) => boolean) | null | undefined
  /** What rules look at, at most 256. */
  readonly attributes?: { readonly [name: string]: Attribute | undefined } | null | undefined
}

/** A JSON value, as payloads are. Objects are frozen, because they are shared. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** Limits of one context, as the engine has them. */
export const maxGroups = 256
export const maxAttributes = 256
/** Lists and maps of an attribute may nest this deep; what is deeper is null. */
export const maxNesting = 16
