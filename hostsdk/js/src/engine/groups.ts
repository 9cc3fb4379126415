import { maxGroups, maxListed, type Context } from '../context.js'
import type { Misuse } from '../misuse.js'
import { ContextError } from './context_error.js'

/** The names of the actor's groups: those given, of which any number may be, or those that the program's function says yes to. */
export function groupNames(context: Context, named: () => Iterable<string>, misuse: Misuse): readonly string[] | undefined {
  const { actor, groups } = context
  const asks = typeof actor === 'object' && typeof actor?.inGroup === 'function'
  if (!asks && (groups === undefined || groups === null)) return undefined
  const given = typeof groups === 'function' ? asked(groups, named) : listed(groups, misuse)
  return asks ? [...given, ...asked((name) => actor.inGroup!(name), named)] : given
}

/** The names that a program gave as a text or a list. */
export function listed(groups: unknown, misuse: Misuse): readonly string[] {
  if (typeof groups === 'string') return [groups]
  if (Array.isArray(groups) && groups.length > maxListed) throw tooMany()
  if (Array.isArray(groups)) return isTexts(groups) ? groups : (Array.from(groups).filter((item) => isText(item, misuse)) as string[])
  if (typeof groups === 'object' && groups !== null && Symbol.iterator in groups) return listed(listOf(groups as Iterable<unknown>), misuse)
  if (groups !== undefined && groups !== null) misuse.value('group', groups)
  return []
}

/**
 * The items of an iterable, which may have no end.
 *
 * @throws ContextError if there are more than {@link maxListed}.
 */
export function listOf(items: Iterable<unknown>): unknown[] {
  const list: unknown[] = []
  for (const item of items) {
    if (list.length === maxListed) throw tooMany()
    list.push(item)
  }
  return list
}

const tooMany = (): ContextError => new ContextError(`there are more than ${maxListed} groups`)

function isTexts(items: readonly unknown[]): items is readonly string[] {
  for (let i = 0; i < items.length; i++) if (typeof items[i] !== 'string') return false
  return true
}

function isText(item: unknown, misuse: Misuse): boolean {
  if (typeof item === 'string') return true
  misuse.value('group', item)
  return false
}

/** Whether a program gave groups, or a function that tells them. */
export function hasGroups(groups: unknown): boolean {
  if (typeof groups === 'string' || typeof groups === 'function') return true
  if (typeof groups !== 'object' || groups === null || !(Symbol.iterator in groups)) return false
  return listOf(groups as Iterable<unknown>).some((item) => typeof item === 'string')
}

/**
 * At most as many groups as the engine takes: of more, those that flags name.
 *
 * @throws ContextError if even those are too many, because any of them may be denied.
 */
export function bounded(names: readonly string[], named: () => Iterable<string>): readonly string[] {
  if (names.length <= maxGroups) return names
  const known = new Set(named())
  const kept = [...new Set(names)].filter((name) => known.has(name.toWellFormed()))
  if (kept.length > maxGroups) throw new ContextError(`the actor is in more than ${maxGroups} of the groups that flags name`)
  return kept.length === 0 ? names.slice(0, 1) : kept // somebody of whom groups are known still is an actor
}

/** The groups, of those that flags name, that the program's function says yes to. */
function asked(ask: (group: string) => unknown, named: () => Iterable<string>): string[] {
  return [...named()].filter((name) => {
    const answer = ask(name)
    if (typeof answer === 'object' && answer !== null) throw new ContextError('a function that tells whether somebody is in a group must answer true or false, at once')
    return Boolean(answer)
  })
}
