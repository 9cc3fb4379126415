import { compareText } from './engine/writer.js'
import { Reader, type Value } from './engine/reader.js'

/** What besides its own record can change a flag's decision. */
interface Links {
  readonly parents: readonly string[]
  readonly segments: readonly string[]
  /** Unix milliseconds at which a schedule opens or closes: the first whole ones that are past it. */
  readonly edges: readonly number[]
  /** It allows some groups and denies others, so that it matters which wins. */
  readonly conflict: boolean
}

/** The places of a flag's record, see `engine/snapshot/FORMAT.md`. */
const [groups, rules, prerequisites, schedules] = [5, 6, 8, 9]

/**
 * Which flags of a snapshot depend on which others, on segments, and on time.
 *
 * Why: RATIONALE.md "Why do SDKs read flags' records?"
 */
export class Graph {
  private readonly links = new Map<string, Links>()
  private readonly children = new Map<string, string[]>()

  /** Reads the records of a loaded snapshot; of those that an earlier one has with the same bytes, it takes what that read. */
  constructor(flags: readonly (readonly [key: string, record: Uint8Array])[], earlier: Graph | undefined, changed: ReadonlySet<string>) {
    for (const [key, record] of flags) {
      const links = (changed.has(key) ? undefined : earlier?.links.get(key)) ?? linksOf(record)
      this.links.set(key, links)
      for (const parent of links.parents) {
        const children = this.children.get(parent)
        if (children === undefined) this.children.set(parent, [key])
        else children.push(key)
      }
    }
  }

  /** These flags, and all that depend on one of them or on one of these segments, ascending. */
  affected(flags: Iterable<string>, segments: ReadonlySet<string>, conflict = false): string[] {
    const found = new Set(flags)
    for (const [key, links] of this.links) {
      if (links.segments.some((name) => segments.has(name)) || (conflict && links.conflict)) found.add(key)
    }
    for (const key of found) for (const child of this.children.get(key) ?? []) found.add(child)
    return [...found].sort(compareText)
  }

  /** The flags of which a schedule opens or closes after one time, and not after another. */
  between(after: number, until: number): string[] {
    const found = [...this.links].filter(([, { edges }]) => edges.some((edge) => edge > after && edge <= until))
    return this.affected(found.map(([key]) => key), new Set())
  }

  /** When a schedule opens or closes next after a time; undefined if none does. */
  next(after: number): number | undefined {
    let next: number | undefined
    for (const { edges } of this.links.values()) {
      for (const edge of edges) if (edge > after && (next === undefined || edge < next)) next = edge
    }
    return next
  }
}

/** Reads a record. One that a newer build wrote may not be readable: its flag then is off, whatever else changes. */
function linksOf(record: Uint8Array): Links {
  try {
    const flag = new Reader(record).value() as Value[]
    const states = (flag[groups] as Value[]).filter((_, i) => i % 2 === 1)
    return {
      parents: (flag[prerequisites] as Value[]).filter((_, i) => i % 2 === 0) as string[],
      segments: (flag[rules] as Value[][]).map(([, source]) => source!).filter((source) => typeof source === 'string'),
      edges: (flag[schedules] as Value[]).filter((at) => typeof at === 'number').map((at) => Math.floor(at / 1000) + 1),
      conflict: states.some((state) => state !== 2) && states.some((state) => state !== 1),
    }
  } catch {
    return { parents: [], segments: [], edges: [], conflict: false }
  }
}
