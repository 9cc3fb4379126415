import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare, merge, partsOf, withParts } from '../src/lib/merge.ts'

type Document = Parameters<typeof partsOf>[0]

const base: Document = { key: 'k', description: '', owner: '', tags: [], permanent: false, killed: false, off_variant: null, gates: [{ type: 'group', target: 'staff' }] }

test('no member that somebody else changed is overwritten, whichever it is', () => {
  const others = { description: 'theirs', owner: 'theirs', tags: ['theirs'], permanent: true, killed: true, off_variant: 'theirs', 'of a later build': 'theirs' }
  for (const [name, value] of Object.entries(others)) {
    const theirs = { ...base, [name]: value } as Document
    const mine = { ...base, gates: [] }
    const parts = [base, mine, theirs].map(partsOf) as [ReturnType<typeof partsOf>, ReturnType<typeof partsOf>, ReturnType<typeof partsOf>]
    assert.deepEqual(compare(...parts).map(({ id, conflict }) => [id, conflict]), [[name, false]])
    assert.deepEqual(withParts(mine, merge(...parts, new Set())), { ...theirs, gates: [] })
  }
})
