import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminClient, type Admin, type Schemas } from '../src/admin.ts'
import { Fake } from './support/fake.ts'
import { adminToken, Plane } from './support/plane.ts'
import { Gonfalon } from './support/sdk.ts'
import { quick } from './support/wait.ts'

async function connect(t: { after(end: () => unknown): void }): Promise<{ plane: Plane; admin: Admin }> {
  const plane = await Plane.start(t)
  return { plane, admin: adminClient({ endpoint: `${plane.endpoint}/`, token: adminToken }) }
}

test('a program writes a flag, reads it, and sees it in a client', async (t) => {
  const { plane, admin } = await connect(t)
  const key = 'größe & new_ui?'
  const path = { env: 'default', key }
  const body: Schemas['FlagDocument'] = { key, description: 'a test', gates: [{ type: 'group', target: 'staff', enabled: true }] }
  const put = await admin.PUT('/v1/envs/{env}/flags/{key}', { params: { path }, body })
  assert.equal(put.error, undefined)
  const enabled = await admin.POST('/v1/envs/{env}/flags/{key}/enable', { params: { path }, body: { for_actor: 'user:7' } })
  const flags = await Gonfalon.connect({ ...quick, endpoint: plane.endpoint, token: await plane.token('sdk') })
  t.after(() => flags.close())
  await flags.waitFor(enabled.data!.revision)
  assert.deepEqual([flags.enabled(key, { actor: 'user:7' }), flags.enabled(key, { actor: 'user:8' })], [true, false])

  const { data } = await admin.GET('/v1/envs/{env}/flags/{key}', { params: { path } })
  assert.deepEqual(data?.gates?.map(({ type, target }) => [type, target]), [['actor', 'user:7'], ['group', 'staff']])
  const all = await admin.GET('/v1/envs/{env}/flags', { params: { path: { env: 'default' } } })
  assert.deepEqual(all.data?.flags.map((flag) => flag.key), [key])
  const gone = await admin.DELETE('/v1/envs/{env}/flags/{key}', { params: { path } })
  assert.equal(gone.response.ok, true)
})

test('what is refused is an error that says why, and nothing that rejects', async (t) => {
  const { plane, admin } = await connect(t)
  const missing = await admin.GET('/v1/envs/{env}/flags/{key}', { params: { path: { env: 'default', key: 'nope' } } })
  assert.deepEqual([missing.data, missing.error?.status, missing.response.status], [undefined, 404, 404])
  const reader = adminClient({ endpoint: plane.endpoint, token: await plane.token('sdk') })
  const refused = await reader.PUT('/v1/envs/{env}/flags/{key}', { params: { path: { env: 'default', key: 'f' } }, body: { gates: [] } })
  assert.equal(refused.error?.status, 403)
})

test('one token changes flags for many people', async (t) => {
  const { plane, admin } = await connect(t)
  const made = await admin.POST('/v1/tokens', { body: { name: 'ci', role: 'editor', acts_for_others: true } })
  const ci = adminClient({ endpoint: plane.endpoint, token: made.data!.token! })
  const path = { env: 'default', key: 'f' }
  const enable = (name: string) =>
    ci.POST('/v1/envs/{env}/flags/{key}/enable', { params: { path, header: { 'X-Gonfalon-On-Behalf-Of': encodeURIComponent(name) } }, body: { for_actor: name } })
  const names = ['ada', 'Zoë, 50% <zoe@example.org>']
  for (const name of names) assert.equal((await enable(name)).data?.updated_on_behalf_of, name)
  for (const name of ['', 'a\nb', 'x'.repeat(10_000)]) assert.match(String((await enable(name)).error?.status), /400|422/)
  const audit = await admin.GET('/v1/audit', { params: { query: { by: 'ci' } } })
  assert.deepEqual(audit.data?.entries.map((entry) => [entry.token, entry.on_behalf_of]).reverse(), names.map((name) => [made.data!.id, name]))
  const header = { 'X-Gonfalon-On-Behalf-Of': 'ada' }
  const refused = await admin.POST('/v1/envs/{env}/flags/{key}/kill', { params: { path, header }, body: {} })
  assert.equal(refused.error?.status, 403)
})

test('no redirect is followed, so that the token stays', async (t) => {
  const [fake, other] = [await Fake.start(t), await Fake.start(t)]
  fake.intercept = (_, response) => Boolean(response.writeHead(307, { Location: other.endpoint }).end())
  const admin = adminClient({ endpoint: fake.endpoint, token: 'secret' })
  await assert.rejects(admin.POST('/v1/envs', { body: { key: 'e' } }), /redirects to .*, which is not followed/)
  assert.equal(other.requests.length, 0)
})
