import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'
import { operators, outcomes } from '../src/engine/step.ts'

type Names = Readonly<Record<string, string | null>>
interface Section {
  readonly type: string
  readonly names: readonly (readonly [is: string, name: string])[]
}
const tree = join(import.meta.dirname, '../..')
const read = (path: string) => JSON.parse(readFileSync(join(tree, path), 'utf8')) as unknown
const { languages: _, features: __, words, ...sections } = read('surface.json') as Record<string, Section> & {
  readonly languages: unknown
  readonly features: unknown
  readonly words: Record<string, readonly string[]>
}
const ours = read('js/surface.json') as { readonly types: Names } & Record<'other' | 'more', Readonly<Record<string, Names>>>

/** A name in this language's case. */
const camel = (name: string) => name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())

const entries = ['index.ts', 'testing.ts'].map((name) => join(import.meta.dirname, '../src', name))
const program = ts.createProgram(entries, {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  skipLibCheck: true,
})
const checker = program.getTypeChecker()

/** What the entry points export, by name. */
const exported = new Map(
  entries.flatMap((entry) =>
    checker
      .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)!)!)
      .map((symbol) => [symbol.name, symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol] as const),
  ),
)

/** The public members of a class or an interface. */
function members(name: string): string[] {
  const type = checker.getDeclaredTypeOfSymbol(exported.get(name)!)
  return checker
    .getPropertiesOfType(type)
    .filter((member) => {
      const declaration = member.declarations?.[0]
      return declaration === undefined || !(ts.getCombinedModifierFlags(declaration) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected))
    })
    .map((member) => member.name)
    .filter((member) => !member.startsWith('__@')) // symbols
}

/** The members of a union of texts. */
function texts(name: string): string[] {
  const type = checker.getDeclaredTypeOfSymbol(exported.get(name)!)
  assert.ok(type.isUnion(), name)
  return type.types.map((one) => (one as ts.StringLiteralType).value).sort()
}

for (const [key, { type, names }] of Object.entries(sections)) {
  test(`the names of ${key} are those of surface.json`, () => {
    const other = ours.other[key] ?? {}
    const common = names.flatMap(([, name]) => (name in other ? (other[name] ?? []) : camel(name)))
    const want = [...new Set([...common, ...Object.keys(ours.more[key] ?? {})])].sort()
    let has: string[]
    if (key === 'package') {
      const index = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entries[0]!)!)!)
      has = index.map(({ name }) => name)
    } else {
      has = members(ours.types[key] ?? type)
      if (key === 'test') has = has.filter((name) => !members('Gonfalon').includes(name))
    }
    assert.deepEqual(has.sort(), want)
  })
}

test('the words are those of surface.json', () => {
  for (const [kind, type] of Object.entries({ reason: 'Reason', gate: 'Gate', outcome: 'Outcome', state: 'State' })) {
    assert.deepEqual(texts(type), [...words[kind]!].sort(), kind)
  }
  assert.deepEqual({ outcomes, operators }, { outcomes: words['outcome'], operators: words['operator'] }) // by number
})
