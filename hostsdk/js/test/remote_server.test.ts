import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { OpenFeature, type EvaluationContext } from '@openfeature/web-sdk'
import { GonfalonWebProvider } from '../src/openfeature-web.ts'
import { RemoteFlags, type RemoteOptions } from '../src/remote/remote.ts'
import { Plane } from './support/plane.ts'
import { Gonfalon, resolve } from './support/sdk.ts'
import { attributesOf, valueOf } from './support/typed.ts'
import { flagsText, possible, remote, values, type Case } from './support/values.ts'
import { next, quick } from './support/wait.ts'

async function connect(t: TestContext, plane: Plane, options: Partial<RemoteOptions> = {}): Promise<RemoteFlags> {
  const flags = new RemoteFlags({ endpoint: plane.endpoint, token: await plane.token('client'), storage: false, logger: quick.logger, ...options })
  t.after(() => flags.close())
  await flags.start()
  return flags
}

const cases = (host: 'sdk' | 'provider'): readonly Case[] => values.cases.filter((c) => possible(c) && remote(c) && (c.hosts ?? [host]).includes(host))

test('a value means over the network what it means here', { timeout: 60_000 }, async (t) => {
  const plane = await Plane.start(t)
  await plane.api('POST', '/envs/default/import?tolerant=true', `{"flags": ${flagsText}}`)
  const flags = await connect(t, plane, { token: await plane.token('sdk') }) // which sees whole gates
  for (const c of cases('sdk')) {
    await t.test(c.about, async () => {
      await flags.setContext({ actor: valueOf(c.actor) as never, groups: valueOf(c.groups) as never, attributes: attributesOf(c) })
      const d = flags.decide(c.flag)
      assert.deepEqual([d.enabled, d.reason, d.path ?? ''], c.as === undefined ? [c.want.enabled, c.want.reason, c.want.gate] : [d.enabled, d.reason, d.path ?? ''])
      if (c.want.reason === 'NOT_READY') assert.equal(resolve(d).error, c.want.error)
      if (c.as === undefined) assert.equal(flags.enabled(c.flag, { default: c.default as never }), c.want.value ?? c.want.enabled)
      if (c.as === undefined) assert.equal(flags.variant(c.flag), undefined, 'on and off are the protocol’s')
      if (c.as === 'float') assert.equal(flags.payloadNumber(c.flag, { default: c.default as never }), c.want.value)
    })
  }
  for (const c of cases('provider')) {
    await t.test(`provider: ${c.about}`, async () => {
      const context = { ...attributesOf(c), ...(c.actor && { targetingKey: valueOf(c.actor) }), ...(c.groups && { groups: valueOf(c.groups) }) } as EvaluationContext
      await OpenFeature.setContext(context)
      if (OpenFeature.providerMetadata.name !== 'gonfalon') await OpenFeature.setProviderAndWait(new GonfalonWebProvider(flags))
      const client = OpenFeature.getClient()
      const fallback = (c.default ?? false) as never
      const details = c.as === 'string' ? client.getStringDetails(c.flag, fallback) : c.as === 'float' ? client.getNumberDetails(c.flag, fallback) : c.as === 'object' ? client.getObjectDetails(c.flag, fallback) : client.getBooleanDetails(c.flag, fallback)
      assert.deepEqual([details.value, details.errorCode], [c.want.value ?? c.want.enabled, c.want.error])
    })
  }
  await OpenFeature.close()
})

test('keys of any text are asked for, here and over the network', async (t) => {
  const keys = JSON.parse(readFileSync(new URL('../../testdata/keys.json', import.meta.url), 'utf8')) as string[]
  const plane = await Plane.start(t)
  for (const key of keys) await plane.put({ key, gates: [{ type: 'boolean', enabled: true }] } as { key: string })
  const here = await Gonfalon.connect({ ...quick, endpoint: plane.endpoint, token: await plane.token('sdk'), usage: 60_000 })
  t.after(() => here.close())
  const there = await connect(t, plane)
  for (const key of keys) {
    assert.deepEqual([here.enabled(key), here.decide(key).key, there.enabled(key), there.decide(key).known], [true, key, true, true], key)
  }
  assert.deepEqual(here.decideAll().map(({ key }) => key), [...here.keys()])
  await here.close()
  for (const key of keys) {
    const { evaluations } = (await plane.api('GET', `/envs/default/flags/${encodeURIComponent(key)}`)) as { evaluations: number }
    assert.equal(evaluations, 3, key)
  }
})

test('a page and a program learn that a schedule opened', { timeout: 30_000 }, async (t) => {
  const plane = await Plane.start(t)
  const from = new Date(Date.now() + 5_000).toISOString()
  await plane.put({ key: 'sale', gates: [{ type: 'schedule', from }] } as { key: string })
  const here = await Gonfalon.connect({ ...quick, endpoint: plane.endpoint, token: await plane.token('sdk') })
  t.after(() => here.close())
  const there = await connect(t, plane)
  assert.deepEqual([here.enabled('sale'), there.enabled('sale')], [false, false])
  const changes = await Promise.all([next(here, 'change'), next(there, 'change')])
  assert.deepEqual(changes.map(({ flags, revision }) => [flags, revision]), [[['sale'], here.info!.revision], [['sale'], here.info!.revision]])
  assert.deepEqual([here.enabled('sale'), there.enabled('sale')], [true, true])
})

test('a page waits for the revision that a program wrote', async (t) => {
  const plane = await Plane.start(t)
  await plane.put({ key: 'f', gates: [] } as { key: string })
  const flags = await connect(t, plane)
  const { revision } = (await plane.api('POST', '/envs/default/flags/f/enable', {})) as { revision: number }
  await flags.waitFor(revision)
  assert.equal(flags.enabled('f'), true)
})
