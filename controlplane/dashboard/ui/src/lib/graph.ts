import type { Flag, State } from './api'
import type { Row } from './index.svelte'

/** A flag in the picture of prerequisites; columns left of 0 are what it needs, right of 0 what needs it. */
export interface Node {
  readonly key: string
  readonly state: State | 'missing'
  readonly column: number
  readonly line: number
}

export interface Edge {
  readonly from: string
  readonly to: string
  readonly on: boolean // whether it has to be on
}

const mostNodes = 60

/** What a row needs, read from the server's phrases "needs NAME" and "needs NAME off"; a name like other words is quoted. */
function needsOf(row: Row): { key: string; on: boolean }[] {
  return row.on_for.flatMap((phrase) => {
    const [, quoted, plain, off] = /^needs (?:("(?:[^"\\]|\\.)*")|(\S+))( off)?$/.exec(phrase) ?? []
    const key = quoted ? (JSON.parse(quoted) as string) : plain
    return key === undefined ? [] : [{ key, on: !off }]
  })
}

/** Lays out a flag with what it needs and what needs it, at any distance. */
export function graphOf(flag: Flag, rows: readonly Row[]): { nodes: readonly Node[]; edges: readonly Edge[] } {
  const states = new Map<string, State>(rows.map((row) => [row.key, row.state]))
  const needs = new Map(rows.map((row) => [row.key, needsOf(row)]))
  needs.set(flag.key, flag.gates.filter((gate) => gate.type === 'prerequisite').map((gate) => ({ key: gate.target ?? '', on: gate.enabled !== false })))
  const neededBy = new Map<string, { key: string; on: boolean }[]>()
  for (const [key, parents] of needs) for (const parent of parents) neededBy.set(parent.key, [...(neededBy.get(parent.key) ?? []), { key, on: parent.on }])

  const columns = new Map<string, number>([[flag.key, 0]])
  const edges: Edge[] = []
  for (const [step, next] of [[-1, needs], [1, neededBy]] as const) {
    let layer = [flag.key]
    for (let column = step; layer.length > 0 && columns.size < mostNodes; column += step) {
      const found: string[] = []
      for (const key of layer) {
        for (const other of next.get(key) ?? []) {
          edges.push(step < 0 ? { from: other.key, to: key, on: other.on } : { from: key, to: other.key, on: other.on })
          if (columns.has(other.key) || columns.size >= mostNodes) continue
          columns.set(other.key, column)
          found.push(other.key)
        }
      }
      layer = found
    }
  }
  const filled = new Map<number, number>()
  const nodes = [...columns].map(([key, column]): Node => {
    const line = filled.get(column) ?? 0
    filled.set(column, line + 1)
    return { key, state: states.get(key) ?? (key === flag.key ? flag.state : 'missing'), column, line }
  })
  return { nodes, edges }
}
