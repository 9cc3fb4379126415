import { Words } from './fuzzy'
import type { Row, Use } from './index.svelte'

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

/** Reads what stands in the search; a value with spaces is quoted. What is asked twice is asked once. */
export function parse(q: string): Query {
  const tokens = new Map<string, Token>()
  const text = q.replace(/(^|\s)([a-z]+):(?:"((?:[^"\\]|\\.)*)"|(\S+))(?=\s|$)/g, (all: string, _space: string, name: string, quoted: string | undefined, plain: string | undefined) => {
    if (!(tokenNames as readonly string[]).includes(name)) return all
    const token = { name: name as TokenName, value: quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '' }
    tokens.set(asText(token), token)
    return ' '
  })
  return { tokens: [...tokens.values()], text: text.trim().replace(/\s+/g, ' ') }
}

function asText({ name, value }: Token): string {
  return `${name}:${/[\s"\\]/.test(value) || value === '' ? `"${value.replace(/["\\]/g, '\\$&')}"` : value}`
}

/** Writes a search as it stands in the address. */
export function written(query: Query): string {
  return [...query.tokens.map(asText), query.text].join(' ').trim()
}

const separators = '_.:-'

/** The prefix by which flags are grouped: what stands before the first separator. */
export function prefixOf(key: string): string {
  for (let at = 0; at < key.length; at++) if (separators.includes(key[at]!)) return key.slice(0, at)
  return ''
}

const days = /^(\d+)d?$/

function meets(row: Row, use: Use | undefined, { name, value }: Token, favourites: ReadonlySet<string>): boolean {
  const want = value.toLowerCase()
  switch (name) {
    case 'owner':
      return (row.owner ?? '').toLowerCase() === (want === 'none' ? '' : want)
    case 'tag':
      return (row.tags ?? []).some((tag) => tag.toLowerCase() === want)
    case 'state':
      return row.state === want
    case 'stale':
      if (days.test(want)) return use?.stale === true && Date.now() - Date.parse(use.last_evaluated ?? row.updated ?? '') > Number(days.exec(want)![1]) * 86_400_000
      return (use?.stale === true) === (want !== 'no')
    case 'group':
      return prefixOf(row.key) === (want === 'none' ? '' : value)
    case 'by':
      return [row.updated_by, row.updated_on_behalf_of].some((each) => each?.toLowerCase() === want)
    case 'is':
      return want === 'favourite' ? favourites.has(row.key) : row.state === want
  }
}

type Uses = Readonly<Record<string, Use>>

/** The rows that have what the tokens ask for, in their order. */
export function having(rows: readonly Row[], tokens: readonly Token[], favourites: ReadonlySet<string>, uses: Uses = {}): readonly Row[] {
  if (tokens.length === 0) return rows
  const byName = [...Map.groupBy(tokens, (token) => token.name).values()]
  return rows.filter((row) => byName.every((any) => any.some((token) => meets(row, uses[row.key], token, favourites))))
}

/** The rows that meet a search, in their order. */
export function select(rows: readonly Row[], query: Query, favourites: ReadonlySet<string>, uses: Uses = {}): readonly Row[] {
  return new Search(having(rows, query.tokens, favourites, uses)).find(query.text)
}

/** Finds words in rows. Whoever types goes on from what the letters before have found. */
export class Search {
  private text = ''
  private found: readonly number[] | undefined
  private hay: readonly string[] | undefined

  constructor(private readonly rows: readonly Row[]) {}

  find(text: string): readonly Row[] {
    if (text === '') return this.rows
    this.hay ??= this.rows.map((row) => `${row.key} ${row.description ?? ''}`.toLowerCase())
    const hay = this.hay
    const words = new Words(text)
    const longer = this.found !== undefined && text.startsWith(this.text) && plain.test(text)
    this.found = (longer ? this.found! : [...hay.keys()]).filter((i) => words.areIn(hay[i]!))
    this.text = text
    return this.found.map((i) => this.rows[i]!)
  }
}
const plain = /^[\p{L}\p{N}_ ]+$/u // what else there is may leave something out, so that more letters find more

const mostRanked = 1000 // rows that are alike: whoever types one letter isn't asking for the likeliest

/** The rows whose key is like the text, the likeliest first, with the ranges that are alike. */
export function rank(rows: readonly Row[], text: string, most: number): { row: Row; ranges: readonly number[] }[] {
  const words = new Words(text)
  const alike = rows.filter((row) => words.areIn(row.key.toLowerCase()))
  const ranked = (alike.length > mostRanked ? alike.slice(0, most) : alike).map((row) => ({ row, ...words.rangesIn(row.key) }))
  return ranked.sort((a, b) => a.unlike - b.unlike).slice(0, most)
}
