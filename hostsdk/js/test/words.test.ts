import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Decision } from '../src/decision.ts'
import { explanation } from '../src/engine/explanation.ts'
import { LoadError } from '../src/engine/load_error.ts'
import { Reader } from '../src/engine/reader.ts'

interface Golden {
  readonly about: string
  readonly explanation: string
  readonly steps: readonly (readonly [string, string, string, string])[]
}

const cases = JSON.parse(readFileSync(new URL('../../explanations.json', import.meta.url), 'utf8')) as Golden[]

for (const { about, explanation: bytes, steps } of cases) {
  test(`explanations have the words of every SDK: ${about}`, () => {
    const read = explanation({} as Decision, new Reader(Buffer.from(bytes, 'base64')).value())
    assert.deepEqual(
      read.steps.map((s) => [s.gate ?? '', s.target ?? '', s.outcome, s.detail]),
      steps,
    )
  })
}

interface LoadCode {
  readonly code: number
  readonly words: string
}

test('a snapshot is refused in the words of every SDK', () => {
  const codes = JSON.parse(readFileSync(new URL('../../testdata/load-codes.json', import.meta.url), 'utf8')) as LoadCode[]
  assert.ok(codes.length > 10)
  for (const { code, words } of codes) assert.ok(new LoadError(code, 7).message.endsWith(`${words} (code ${code}) at byte 7`), words)
})
