import uFuzzy from '@leeoniya/ufuzzy'
import type { Row } from './index.svelte'

/** What can be asked with a colon. Several of one name mean any of them, of different names all. */
export const tokenNames = ['owner', 'tag', 'state', 'stale', 'group', 'by', 'is'] as const
export type TokenName = (typeof tokenNames)[number]

export interface Token {
  readonly name: TokenName
  readonly value: string
}

export interface Query {
  readonly tokens: readonly Token[]
  readonly text: string
}

/** Reads what stands in the search; a value with spaces is quoted. */
export function parse(q: string): Query {
  const tokens: Token[] = []
  const text = q.replace(/(^|\s)([a-z]+):(?:"([^"]*)"|(\S+))(?=\s|$)/g, (all: string, _space: string, name: string, quoted: string | undefined, plain: string | undefined) => {
    if (!(tokenNames as readonly string[]).includes(name)) return all
    tokens.push({ name: name as TokenName, value: quoted ?? plain ?? '' })
    return ' '
  })
  return { tokens, text: text.trim().replace(/\s+/g, ' ') }
}

/** Writes a search as it stands in the address. */
export function written(query: Query): string {
  return [...query.tokens.map(({ name, value }) => `${name}:${/\s/.test(value) || value === '' ? `"${value}"` : value}`), query.text].join(' ').trim()
}

/** The prefix by which flags are grouped: what stands before the first separator. */
export function prefixOf(key: string): string {
  const at = key.search(/[_.:-]/)
  return at > 0 ? key.slice(0, at) : ''
}

const days = /^(\d+)d?$/

function meets(row: Row, { name, value }: Token, favourites: ReadonlySet<string>): boolean {
  const want = value.toLowerCase()
  switch (name) {
    case 'owner':
      return (row.owner ?? '').toLowerCase() === (want === 'none' ? '' : want)
    case 'tag':
      return (row.tags ?? []).some((tag) => tag.toLowerCase() === want)
    case 'state':
      return row.state === want
    case 'stale':
      if (days.test(want)) return row.stale === true && Date.now() - Date.parse(row.last_evaluated ?? row.updated ?? '') > Number(days.exec(want)![1]) * 86_400_000
      return (row.stale === true) === (want !== 'no')
    case 'group':
      return prefixOf(row.key) === (want === 'none' ? '' : value)
    case 'by':
      return (row.updated_by ?? '').toLowerCase() === want
    case 'is':
      return want === 'favourite' ? favourites.has(row.key) : row.state === want
  }
}

const fuzzy = new uFuzzy({ intraIns: 1, intraChars: '.', interLft: 0 })

/** The rows that meet a search, in their order. */
export function select(rows: readonly Row[], query: Query, favourites: ReadonlySet<string>): readonly Row[] {
  const byName = Map.groupBy(query.tokens, (token) => token.name)
  const met = query.tokens.length === 0 ? rows : rows.filter((row) => [...byName.values()].every((tokens) => tokens.some((token) => meets(row, token, favourites))))
  if (query.text === '') return met
  const found = fuzzy.filter(met.map((row) => `${row.key} ${row.description ?? ''}`), query.text)
  return (found ?? []).map((i) => met[i]!)
}

/** The rows whose key is like the text, the likeliest first, with the ranges that are alike. */
export function rank(rows: readonly Row[], text: string, most: number): { row: Row; ranges: readonly number[] }[] {
  if (text.trim() === '') return rows.slice(0, most).map((row) => ({ row, ranges: [] }))
  const [ids, info, order] = fuzzy.search(rows.map((row) => row.key), text, 1, 1000)
  if (!ids) return []
  if (!info || !order) return ids.slice(0, most).map((i) => ({ row: rows[i]!, ranges: [] }))
  return order.slice(0, most).map((i) => ({ row: rows[info.idx[i]!]!, ranges: info.ranges[i] ?? [] }))
}
