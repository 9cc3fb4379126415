import assert from 'node:assert/strict'
import { test } from 'node:test'
import { world } from './support.ts'

const w = world()
const bad = `"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}javascript:alert(3)`
const key = bad.replaceAll('/', '∕')

test('hostile text stays text on every page that shows it', async () => {
  const path = `/v1/envs/staging/flags/${encodeURIComponent(key)}`
  await w.server.api('PUT', '/v1/envs/staging/segments/' + encodeURIComponent(key), { description: bad, constraints: [{ attribute: bad, operator: 'eq', values: [bad] }] })
  await w.server.api('PUT', path, {
    description: bad,
    owner: bad,
    tags: [bad],
    off_variant: bad,
    reason: bad,
    gates: [
      { type: 'actor', target: bad },
      { type: 'group', target: bad },
      { type: 'segment', target: key },
      { type: 'rule', constraints: [{ attribute: bad, operator: 'eq', values: [bad] }] },
      { type: 'prerequisite', target: 'search_freeze' },
      { type: 'variant', variants: [{ name: bad, weight: 1, payload: { text: bad } }] },
    ],
  })
  const page = await w.open('/envs/staging/flags?q=img')
  await page.locator('[data-key]').first().waitFor()
  assert.equal(await page.locator('[data-key]').first().getAttribute('data-key'), key)
  await page.locator('[data-key] .key').first().click()
  await page.getByRole('heading', { name: key }).waitFor()
  for (const kind of ['actor', 'group', 'segment', 'rule', 'variant', 'prerequisite']) {
    await page.getByRole('button', { name: `Edit ${kind}`, exact: true }).click()
    await page.locator('form.editor').waitFor()
    await page.keyboard.press('Escape')
  }
  await page.keyboard.press('K')
  await page.getByRole('heading', { name: 'Kill' }).waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('h')
  await page.getByRole('heading', { name: /History/ }).waitFor()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('img src')
  await page.getByRole('option').first().waitFor()
  assert.equal(await page.locator('img, script:not([src])').count(), 0)
})
