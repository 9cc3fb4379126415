import assert from 'node:assert/strict'
import { test } from 'node:test'
import { paths } from '../src/lib/paths.ts'
import { looks } from './looks.ts'
import { accessible, world } from './support.ts'

const w = world()

/** Both themes and two sizes, of which each look has one by turns; make dashboard-full crosses them all. */
const full = Boolean(process.env['DASHBOARD_FULL'])
const sizes = [['light', 1360, 900], ['dark', 390, 844], ...(full ? ([['dark', 1360, 900], ['light', 390, 844], ['light', 820, 1180], ['dark', 820, 1180]] as const) : [])] as const

for (const [turn, [theme, width, height]] of sizes.entries()) {
  test(`${theme}, ${width} wide: axe finds nothing`, async (t) => {
    const door = await w.open('/', { token: '', theme, width, height })
    await t.test('sign-in', () => accessible(door, 'sign-in'))
    const context = await w.browser.newContext({ viewport: { width, height }, colorScheme: theme })
    for (const [i, { name, path, ready, first, then }] of looks(w).entries()) {
      if (!full && i % sizes.length !== turn) continue
      await t.test(name, async () => {
        await first?.()
        const page = await w.open(path, { context })
        await page.locator(ready).first().waitFor()
        await then?.(page)
        await accessible(page, name)
        await page.close()
      })
    }
    await context.close()
  })
}

test('every page is among those that are looked at', () => {
  const looked = looks(w).map(({ path }) => path.replace(/[?#].*/, ''))
  const missed = Object.entries(paths).filter(([name, path]) => name !== 'home' && name !== 'signIn' && !looked.some((each) => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`).test(each)))
  assert.deepEqual(missed.map(([name]) => name), [], 'add a look to looks.ts')
})

test('axe would find something', async () => {
  const page = await w.open('/envs/production/flags')
  await page.locator('[data-key]').first().waitFor()
  await page.evaluate(() => document.querySelectorAll('[data-key] .star').forEach((star) => star.removeAttribute('aria-label')))
  await assert.rejects(accessible(page, 'planted'), /button-name/)
})
