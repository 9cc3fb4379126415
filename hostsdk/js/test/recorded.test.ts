import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Context } from '../src/context.ts'
import { Fake, hex } from './support/fake.ts'
import { Gonfalon, resolve } from './support/sdk.ts'
import { quick } from './support/wait.ts'

interface Question extends Omit<Context, 'actor' | 'groups'> {
  readonly flag: string
  readonly actor?: string
  readonly groups?: string[]
  readonly now: number
  readonly roll: string
  readonly enabled: boolean
  readonly variant: string | null
  readonly value: unknown
  readonly reason: string
  readonly error: string
}

interface Expectation {
  readonly state: string
  readonly revision?: number
  readonly lineage?: string
  readonly refused?: number
  readonly decisions?: readonly Question[]
}

interface Step {
  readonly connect?: { readonly last_event_id: string }
  readonly send?: string
  readonly snapshot?: string
  readonly supersedes?: boolean
  readonly close?: true
  readonly changed?: readonly string[]
  readonly expect?: Expectation
}

interface Session {
  readonly about: string
  readonly bootstrap?: string
  readonly steps: readonly Step[]
}

const folder = new URL('../../testdata/sessions/', import.meta.url)
const sessions = readdirSync(folder).filter((name) => name.endsWith('.json'))

/** The flags that a client's changes name, one after another. */
class Changes {
  private readonly waiting: (readonly string[])[] = []
  private heard: (() => void) | undefined

  constructor(flags: Gonfalon) {
    flags.on('change', (event) => {
      this.waiting.push(event.flags)
      this.heard?.()
    })
  }

  async next(): Promise<readonly string[]> {
    while (this.waiting.length === 0) await new Promise<void>((resolve) => (this.heard = resolve))
    return this.waiting.shift()!
  }
}

test('there are sessions', () => assert.ok(sessions.length > 0))

for (const name of sessions) {
  test(`recorded session ${name}`, { timeout: 60_000 }, async (t) => {
    const session = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Session
    const fake = await Fake.start(t)
    fake.first = () => ':\n\n'
    let snapshot: Uint8Array | undefined
    let supersedes = false
    fake.intercept = (request, response) => {
      const position = request.headers['last-event-id'] ?? request.headers['x-gonfalon-position']
      if (supersedes && position !== undefined) response.setHeader('X-Gonfalon-Supersedes', position)
      if (!request.url!.endsWith('/snapshot?formats=1')) return false
      const tag = snapshot && `"${hex(snapshot.slice(-32))}"`
      if (tag === undefined) response.writeHead(503).end()
      else if (request.headers['if-none-match'] === tag) response.writeHead(304, { ETag: tag }).end()
      else response.writeHead(200, { ETag: tag }).end(snapshot)
      return true
    }
    let now = 0
    let roll: [number, number] = [0, 0]
    const flags = await Gonfalon.connect({
      ...quick,
      endpoint: fake.endpoint,
      token: 'anything',
      readyWithin: 0,
      clock: () => now,
      roll: () => roll,
      ...(session.bootstrap !== undefined && { bootstrap: Buffer.from(session.bootstrap, 'base64') }),
    })
    t.after(() => flags.close())

    const changes = new Changes(flags)
    let connections = 0
    for (const step of session.steps) {
      if (step.connect !== undefined) {
        await fake.asked('/v1/envs/default/stream?formats=1', ++connections)
        await fake.streaming()
        const request = fake.requests.filter(({ url }) => url.endsWith('/stream?formats=1'))[connections - 1]!
        assert.equal(request.headers['last-event-id'] ?? '', step.connect.last_event_id)
      } else if (step.send !== undefined) fake.write(step.send)
      else if (step.snapshot !== undefined) snapshot = Buffer.from(step.snapshot, 'base64')
      else if (step.supersedes !== undefined) supersedes = step.supersedes
      else if (step.close) fake.drop()
      else if (step.changed !== undefined) assert.deepEqual(await changes.next(), step.changed)
      else if (step.expect !== undefined) await until(step.expect)
      else assert.fail(`an unknown step: ${JSON.stringify(step)}`)
    }

    async function until(expect: Expectation): Promise<void> {
      const want = [expect.state, expect.revision, expect.lineage, expect.refused ?? 0]
      const is = (): unknown[] => [flags.state, flags.stats.info?.revision, flags.stats.info?.lineage, flags.stats.refused]
      const deadline = Date.now() + 10_000
      while (JSON.stringify(is()) !== JSON.stringify(want) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5))
      assert.deepEqual(is(), want)
      for (const question of expect.decisions ?? []) {
        const { flag, actor, groups, attributes } = question
        now = question.now / 1000
        const chance = BigInt.asUintN(64, BigInt(question.roll))
        roll = [Number(chance >> 32n), Number(chance & 0xffffffffn)]
        const d = flags.decide(flag, { actor, groups, attributes })
        const { value, reason, error } = resolve(d)
        assert.deepEqual(
          [d.enabled, d.variant ?? null, value ?? null, reason, error ?? ''],
          [question.enabled, question.variant, question.value, question.reason, question.error],
          JSON.stringify(question),
        )
      }
    }
  })
}
