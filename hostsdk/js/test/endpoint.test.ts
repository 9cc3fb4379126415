import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { adminClient } from '../src/admin.ts'
import { RemoteFlags } from '../src/browser.ts'
import { Gonfalon } from './support/sdk.ts'
import { quick } from './support/wait.ts'

interface Case {
  readonly endpoint: string
  readonly words?: string
}

const cases = JSON.parse(readFileSync(new URL('../../testdata/endpoints.json', import.meta.url), 'utf8')) as Case[]
const away = (): Promise<Response> => Promise.reject(new Error('away'))

test('there are cases', () => assert.ok(cases.length > 30))

for (const { endpoint, words } of cases) {
  test(`the endpoint ${JSON.stringify(endpoint)} ${words === undefined ? 'is one' : 'is none'}`, async () => {
    const makers: readonly (() => Promise<unknown>)[] = [
      async () => (await Gonfalon.connect({ ...quick, endpoint, token: 'token', readyWithin: 0, fetch: away })).close(),
      async () => new RemoteFlags({ endpoint, token: 'token', storage: false }),
      async () => adminClient({ endpoint, token: 'token' }),
    ]
    for (const make of makers) {
      if (words === undefined) await make()
      else await assert.rejects(make, new TypeError(`gonfalon: ${words}`))
    }
  })
}

test('an endpoint may be a URL', async (t) => {
  let asked: unknown
  const fetch = (url: unknown): Promise<Response> => ((asked = url), away())
  const flags = await Gonfalon.connect({ ...quick, endpoint: new URL('https://flags.example.com/under/'), readyWithin: 0, fetch })
  t.after(() => flags.close())
  assert.equal(asked, 'https://flags.example.com/under/v1/envs/default/stream?formats=1')
})
