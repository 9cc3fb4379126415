import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { testFlags } from '../src/testing.ts'

/** What throws whenever it is looked at. */
const fury: object = { [inspect.custom]: () => throwing(fury), get message() { return throwing(fury) }, toString: () => throwing(fury) } // prettier-ignore
const throwing = (error: unknown): never => {
  throw error
}

test('a listener that throws, rejects or never ends keeps nobody else from hearing', async (t) => {
  const said: unknown[] = []
  t.mock.method(console, 'error', (...args: unknown[]) => said.push(inspect(args[2]))) // as the console does, which looks at it
  const rejections: unknown[] = []
  const rejected = (error: unknown): number => rejections.push(error)
  process.on('unhandledRejection', rejected)
  t.after(() => process.off('unhandledRejection', rejected))
  const flags = testFlags(t)
  const bad: (() => unknown)[] = [
    () => throwing(new Error('oh')),
    () => throwing(fury),
    () => Promise.reject(fury),
    () => ({ get then() { return throwing(fury) } }), // prettier-ignore
    () => ({ then: () => throwing(fury) }),
    () => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(fury) }),
    () => new Promise(() => {}),
    () => ({ then: () => {} }),
    () => new Proxy(() => {}, { get: () => throwing(fury) }),
    async () => throwing(null),
  ]
  for (const listener of bad) flags.on('change', listener)
  const heard: (readonly string[])[] = []
  flags.on('change', (event) => heard.push(event.flags))
  flags.enable('a').enable('b')
  assert.deepEqual(heard, [['a'], ['b']])
  assert.ok(flags.enabled('a') && flags.enabled('b'))
  await new Promise((resolve) => setTimeout(resolve, 10))
  assert.deepEqual(rejections, [])
  assert.equal(said.length, 2 * 8, 'of each that throws or rejects')
})

test('listeners come and go while others are called', (t) => {
  const flags = testFlags(t)
  const heard: string[] = []
  const stops = [
    flags.on('change', () => {
      heard.push('first')
      stops[1]!()
      stops[2]!()
      flags.on('change', () => heard.push('late'))
    }),
    flags.on('change', () => heard.push('second')),
    flags.on('change', () => heard.push('third')),
  ]
  flags.enable('a')
  assert.deepEqual(heard, ['first'])
  for (const stop of stops) stop()
  flags.enable('b')
  assert.deepEqual(heard, ['first', 'late'])
})

test('a listener may close its client, or change what it listens to', async (t) => {
  const flags = testFlags(t)
  const heard: (readonly string[])[] = []
  flags.on('change', ({ flags: keys }) => {
    heard.push(keys)
    if (heard.length === 1) flags.enable('b')
    else return flags.close()
    return undefined
  })
  flags.enable('a')
  await flags.close()
  assert.deepEqual(heard, [['a'], ['b']])
})

test('what is no listener is refused', (t) => {
  const flags = testFlags(t)
  for (const listener of [undefined, null, 'text', {}]) assert.throws(() => flags.on('change', listener as never), /a listener is a function, not (null|of type \w+)$/)
})
