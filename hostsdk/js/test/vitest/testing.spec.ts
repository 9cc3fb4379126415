import { expect, test } from 'vitest'
import { testFlags, withFlags } from '@gonfalon/sdk/testing'

const app = testFlags().enable('new_checkout', { forGroup: 'staff' })

test.concurrent('a client of a test’s own', (t) => {
  const flags = testFlags(t).enable('new_checkout')
  expect(flags.enabled('new_checkout')).toBe(true)
})

for (const on of [true, false]) {
  test.concurrent(`an override that others don’t see: ${on}`, async () => {
    await withFlags(app, { new_checkout: on }, async () => {
      for (let i = 0; i < 20; i++) {
        await new Promise((resolve) => setImmediate(resolve))
        expect(app.enabled('new_checkout')).toBe(on)
      }
    })
  })
}

test('and afterwards everything is as before', () => {
  expect(app.enabled('new_checkout')).toBe(false)
  expect(app.enabled('new_checkout', { groups: ['staff'] })).toBe(true)
})
