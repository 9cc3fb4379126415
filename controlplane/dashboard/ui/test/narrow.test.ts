import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { looks } from './looks.ts'
import { world } from './support.ts'

/** 320 pixels are a window of 1280 at 400 % (WCAG 1.4.10): no page scrolls sideways, and nothing is cut, covered or out of reach. */
const w = world()

/** What lies beyond an edge, or is cut without a title that says it in full. What scrolls by itself has a name and takes the focus. */
function cut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wide = document.documentElement.clientWidth
    const found = new Set(document.documentElement.scrollWidth > wide ? ['the page scrolls sideways'] : [])
    const open = document.querySelector('dialog[open]') ?? document.body
    for (const each of open.querySelectorAll<HTMLElement>('*')) {
      if (!each.checkVisibility({ visibilityProperty: true }) || each.closest('.vh, .skip, svg, thead, .m-head, .foot:not(.bulk), [role="region"][tabindex="0"], [title]')) continue
      const { left, right, width } = each.getBoundingClientRect()
      const name = `${each.tagName}.${each.className} ${each.innerText.slice(0, 30)}`
      if (width > 0 && (left < -1 || right > wide + 1)) found.add(`beyond an edge: ${name}`)
      const { overflowX, clipPath } = getComputedStyle(each)
      if (each.scrollWidth > each.clientWidth + 1 && overflowX !== 'visible' && clipPath === 'none' && !each.matches('body, input, textarea, select')) found.add(`cut: ${name}`)
    }
    return [...found]
  })
}

/** The controls that are covered while they have the focus, or too small to be seen. */
function covered(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = []
    const open = document.querySelector('dialog[open]') ?? document.body
    for (const each of open.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, [tabindex="0"]')) {
      ;(document.activeElement as HTMLElement | null)?.blur()
      each.focus()
      if (document.activeElement !== each || each.matches('.skip, .seg input, input[type="range"]')) continue
      const box = each.getBoundingClientRect()
      const at = document.elementFromPoint(Math.min(box.left + box.width / 2, innerWidth - 1), box.top + Math.min(box.height / 2, 12))
      if (box.width > 3 && at && (each.contains(at) || at.contains(each) || at.closest('label')?.contains(each))) continue
      found.push(`${each.tagName}.${each.className} ${each.getAttribute('aria-label') ?? each.innerText} at ${Math.round(box.top)}, below ${at?.tagName}.${at?.getAttribute('class')}`)
    }
    return found
  })
}

/** The spaces that a reader may ask for (WCAG 1.4.12). */
function space(page: Page): Promise<void> {
  return page.evaluate(() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }')
    document.adoptedStyleSheets = [sheet]
  })
}

for (const height of process.env['DASHBOARD_FULL'] ? [800, 256] : [256]) {
  test(`${height} high`, async (t) => {
    const context = await w.browser.newContext({ viewport: { width: 320, height } })
    for (const { name, path, ready, first, then } of looks(w)) {
      await t.test(name, async () => {
        await first?.()
        const page = await w.open(path, { context })
        try {
          await page.locator(ready).first().waitFor()
          await then?.(page)
          const found = [...(await cut(page)), ...(await covered(page))]
          await space(page)
          assert.deepEqual([...found, ...(await cut(page)).map((each) => `${each}, with more space`)], [])
        } finally {
          await page.close()
        }
      })
    }
    await context.close()
  })
}

test('cut off, the line that says so covers nothing that has the focus', async () => {
  const page = await w.open('/envs/production/audit', { width: 320, height: 256 })
  await page.getByRole('heading', { name: 'Audit' }).waitFor()
  assert.equal(await page.locator('.foot .cut').count(), 0)
  await page.context().setOffline(true)
  await page.locator('.foot .cut').waitFor()
  assert.deepEqual(await covered(page), [])
})

test('everything that the wide list offers is there', async () => {
  const page = await w.open('/envs/staging/flags', { width: 320, height: 800 })
  await page.getByRole('button', { name: 'Views and groups' }).click()
  await page.getByRole('link', { name: /^checkout \d/ }).click()
  await page.getByText('6 of 40').waitFor()
  await page.getByRole('button', { name: 'Remove group checkout' }).click()
  await page.getByRole('button', { name: 'Last change' }).click()
  await page.getByRole('button', { name: 'Favourite account_merge' }).click()
  await page.getByRole('link', { name: 'Cards' }).click()
  await page.locator('.card').first().waitFor()
  await page.getByLabel('Select', { exact: true }).check()
  await page.getByLabel('Select account_merge').check()
  await page.getByRole('button', { name: 'Kill…' }).click()
  await page.getByRole('heading', { name: 'Kill 1 flag in staging?' }).waitFor()
  await page.goto(`${w.server.address}/matrix`)
  await page.getByRole('link', { name: 'Only differences' }).click()
  await page.waitForURL(/only=differences/)
})
