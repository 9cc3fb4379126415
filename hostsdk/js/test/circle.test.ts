import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const source = join(import.meta.dirname, '../src')

/** What each file imports, types as well. */
function imports(): Map<string, string[]> {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  return new Map(
    files.map((name) => {
      const text = readFileSync(join(source, name), 'utf8')
      const found = [...text.matchAll(/ from '(\.[^']*)\.js'/g)].map(([, path]) => relative(source, join(source, dirname(name), `${path}.ts`)))
      return [name, found]
    }),
  )
}

/** The first circle among imports, from a file back to it; undefined if there is none. */
function circle(of: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>()
  const walk = (name: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(name)) return [...way.slice(way.indexOf(name)), name]
    if (done.has(name)) return undefined
    for (const next of of.get(name) ?? []) {
      const found = walk(next, [...way, name])
      if (found !== undefined) return found
    }
    done.add(name)
    return undefined
  }
  for (const name of of.keys()) {
    const found = walk(name, [])
    if (found !== undefined) return found
  }
  return undefined
}

test('no file imports itself by way of others', () => {
  const all = imports()
  assert.ok(all.size > 30 && [...all.values()].flat().length > 100)
  assert.equal(circle(all)?.join(' → '), undefined)
  assert.deepEqual(circle(new Map([['a', ['b']], ['b', ['c']], ['c', ['b']]])), ['b', 'c', 'b'])
})
