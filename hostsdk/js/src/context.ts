/** A value as an attribute can hold it. Anything else counts as null. */
export type Attribute = null | boolean | number | bigint | string | Date | readonly Attribute[] | { readonly [name: string]: Attribute | undefined }

/** Something that knows its id, such as a user object of one's own, and perhaps its groups. */
export interface Actor {
  /** The actor's key; null: an actor without a key, of whom only the groups count. */
  readonly actorId: string | number | bigint | null
  /** Asked only for the groups that a flag names; it answers at once. */
  inGroup?(group: string): boolean
}

/**
 * The context of a decision: the actor, its groups, and attributes.
 *
 * Numbers without a fraction within ±2^53 are integers, and so are bigints of any size. NaN and infinities are null, a `Date`
 * is its ISO 8601 text in UTC, an object of any other class is null, code units that aren't valid Unicode become U+FFFD. Lists and
 * maps may nest 16 deep, and those of one attribute have at most 100,000 values. There may be 100,000 groups and attributes; what a
 * flag looks at must not be more than 256 of either.
 */
export interface Context {
  /**
   * The actor's key (the targeting key), such as `user:42`: a text, a whole number within ±2^53, a bigint, or what knows such a
   * key. Anything else is nobody.
   */
  readonly actor?: string | number | bigint | Actor | null | undefined
  /** The groups that the actor is in, or the one; or a function that is called only for the groups that a flag names. */
  readonly groups?: Iterable<string> | ((group: string) => boolean) | null | undefined
  /** What rules look at. */
  readonly attributes?: { readonly [name: string]: Attribute | undefined } | null | undefined
}

/** A JSON value, as payloads are. Objects are frozen, because they are shared. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** Limits of one context, as the engine has them. */
export const maxGroups = 256

/** Groups and attributes of a context, values in one attribute, and keys of one question: an iterator may have no end. */
export const maxListed = 100_000
export const maxAttributes = 256
/** Lists and maps of an attribute may nest this deep; what is deeper is null. */
export const maxNesting = 16
