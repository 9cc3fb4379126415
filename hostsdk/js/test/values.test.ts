import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { OpenFeature, type EvaluationContext } from '@openfeature/server-sdk'
import { OpenFeature as WebOpenFeature } from '@openfeature/web-sdk'
import { Gonfalon as BrowserGonfalon } from '../src/browser.ts'
import type { Flags } from '../src/flags.ts'
import { GonfalonProvider } from '../src/openfeature-server.ts'
import { GonfalonWebProvider } from '../src/openfeature-web.ts'
import { Gonfalon, resolve } from './support/sdk.ts'
import { attributesOf, valueOf } from './support/typed.ts'
import { possible, values, type Case } from './support/values.ts'
import { quick } from './support/wait.ts'

const bootstrap = Buffer.from(values.snapshot, 'base64')

/** A client for the cases, as a function of the entry point that makes it. */
async function client(t: TestContext, { loaded, roll }: Case, connect: (options: object) => Promise<Flags>): Promise<Flags> {
  const chance = BigInt(roll ?? 0)
  const from = loaded === false ? { source: { run: (_: unknown, signal: AbortSignal) => new Promise((_, reject) => signal.addEventListener('abort', reject)) }, readyWithin: 0 } : { bootstrap }
  const flags = await connect({ ...quick, ...from, roll: () => [Number(chance >> 32n), Number(chance & 0xffffffffn)] })
  t.after(() => flags.close())
  return flags
}

const cases = (host: 'sdk' | 'provider'): readonly Case[] => values.cases.filter((c) => possible(c) && (c.hosts ?? [host]).includes(host))

for (const [build, connect] of Object.entries({ Node: Gonfalon.connect.bind(Gonfalon), web: BrowserGonfalon.connect })) {
  for (const c of cases('sdk')) {
    test(`${build}: ${c.about}`, async (t) => {
      const flags = await client(t, c, connect as (options: object) => Promise<Flags>)
      const context = { actor: valueOf(c.actor) as never, groups: valueOf(c.groups) as never, attributes: attributesOf(c) }
      const { enabled, reason, gate, error } = c.want
      for (const asked of [context, flags.context(context)]) {
        const decisions = [flags.decide(c.flag, asked), flags.decideAll(asked, [c.flag])[0]!, flags.explain(c.flag, asked).decision]
        for (const d of decisions) {
          assert.deepEqual([d.enabled, d.reason, d.path ?? ''], [enabled, reason, gate])
          if (reason === 'NOT_READY') assert.equal(resolve(d).error, error)
        }
      }
      assert.deepEqual(answer(flags, c, { ...context, default: c.default } as never), c.want.value ?? enabled)
    })
  }
}

/** What the method for the type that a case asks for returns. */
function answer(flags: Flags, { flag, as }: Case, query: never): unknown {
  switch (as) {
    case 'boolean':
      return flags.payloadBoolean(flag, query)
    case 'string':
      return flags.payloadString(flag, query)
    case 'float':
      return flags.payloadNumber(flag, query)
    case 'object':
      return flags.payloadObject(flag, query)
  }
  return flags.enabled(flag, query)
}

for (const c of cases('provider')) {
  for (const host of ['server', 'web'] as const) {
    test(`provider for ${host}: ${c.about}`, async (t) => {
      t.after(() => (host === 'server' ? OpenFeature : WebOpenFeature).close())
      const context = { ...attributesOf(c), ...(c.actor && { targetingKey: valueOf(c.actor) }), ...(c.groups && { groups: valueOf(c.groups) }) } as EvaluationContext
      const flags = await client(t, c, Gonfalon.connect.bind(Gonfalon) as (options: object) => Promise<Flags>)
      const ready = host === 'server' ? OpenFeature.setProviderAndWait(new GonfalonProvider(flags)) : WebOpenFeature.setProviderAndWait(new GonfalonWebProvider(flags), context)
      await ready.catch(() => assert.equal(c.loaded, false))
      const fallback = c.default ?? false
      const details = await ask(host, c, fallback as never, context)
      assert.deepEqual([details.value, details.errorCode], [c.want.value ?? c.want.enabled, c.want.error])
      if (c.want.error === undefined) {
        assert.deepEqual([details.flagMetadata['enabled'], details.flagMetadata['gate'] ?? ''], [c.want.enabled, c.want.gate])
        if (typeof details.value === 'boolean' && c.as === undefined) assert.equal(details.variant, details.value ? 'on' : 'off')
      }
    })
  }
}

/** Asks for the type that a case asks for, as a program would. */
async function ask(host: 'server' | 'web', { flag, as }: Case, fallback: never, context: EvaluationContext) {
  const server = OpenFeature.getClient()
  const web = WebOpenFeature.getClient()
  switch (as) {
    case 'string':
      return host === 'server' ? server.getStringDetails(flag, fallback, context) : web.getStringDetails(flag, fallback)
    case 'float':
      return host === 'server' ? server.getNumberDetails(flag, fallback, context) : web.getNumberDetails(flag, fallback)
    case 'object':
      return host === 'server' ? server.getObjectDetails(flag, fallback, context) : web.getObjectDetails(flag, fallback)
  }
  return host === 'server' ? server.getBooleanDetails(flag, fallback, context) : web.getBooleanDetails(flag, fallback)
}
