import assert from 'node:assert/strict'
import { test } from 'node:test'
import { request, serverOf } from '../src/source/request.ts'
import { Fake } from './support/fake.ts'
import { Gonfalon } from './support/sdk.ts'
import { boolean, compile } from './support/snapshots.ts'
import { failed, quick } from './support/wait.ts'

test('a redirect within the origin is followed, with the token', async (t) => {
  const fake = await Fake.start(t)
  fake.snapshot = compile({ flags: [boolean('f')] })
  fake.intercept = ({ url }, response) => url!.startsWith('/old/') && Boolean(response.writeHead(308, { Location: url!.replace('/old/', '/') }).end())
  const flags = await Gonfalon.connect({ ...quick, endpoint: `${fake.endpoint}/old`, token: 'secret' })
  t.after(() => flags.close())
  assert.equal(flags.enabled('f'), true)
  assert.equal(fake.requests.at(-1)!.headers.authorization, 'Bearer secret')
})

test('a redirect to another origin is not followed, so that the token stays', async (t) => {
  const thief = await Fake.start(t)
  thief.snapshot = compile({ flags: [boolean('f')] })
  const fake = await Fake.start(t)
  for (const status of [301, 302, 303, 307, 308]) {
    fake.intercept = ({ url }, response) => Boolean(response.writeHead(status, { Location: thief.endpoint + url! }).end())
    const flags = await Gonfalon.connect({ ...quick, endpoint: fake.endpoint, token: 'secret', readyWithin: 1 })
    t.after(() => flags.close())
    assert.match(String(await failed(flags)), new RegExp(`redirects to ${thief.endpoint}, which is not followed`))
    assert.equal(flags.enabled('f'), false)
  }
  assert.equal(thief.requests.length, 0)
})

test('redirects are no way from https to http, no circle, and no way to turn a report into a question', async () => {
  const answers = (status: number, location: string) => async () => new Response(null, { status, headers: { Location: location } })
  const ask = (fetch: () => Promise<Response>, method = 'GET') => request(serverOf({ endpoint: 'https://flags.example', token: 'secret', fetch }), '/v1', { method })
  await assert.rejects(ask(answers(302, 'http://flags.example/v1')), /redirects to http:/)
  await assert.rejects(ask(answers(302, '/v1')), /more than 5 times/)
  await assert.rejects(ask(answers(302, '/v2'), 'POST'), /redirects a POST/)
  await assert.rejects(ask(answers(307, '/v2'), 'POST'), /more than 5 times/)
  await assert.rejects(ask(answers(302, 'http://[')), /doesn't show where/)
})
