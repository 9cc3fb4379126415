import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessible, world } from './support.ts'

const w = world(['--dashboard-path', '/tools/flags'], false)

const looks = [['light', 1360, 900], ['dark', 390, 844]] as const

for (const [theme, width, height] of looks) {
  test(`the documentation, ${theme}, ${width} wide`, async () => {
    const page = await w.open('/tools/flags/', { token: '' })
    await page.emulateMedia({ colorScheme: theme })
    await page.setViewportSize({ width, height })
    const elsewhere: string[] = []
    page.on('request', (request) => { if (!request.url().startsWith(`${w.server.address}/tools/flags/docs/`)) elsewhere.push(request.url()) })
    for (const path of ['', 'tutorial.html', 'reference/flags.html', 'reference/api.html', 'howto/incident.html', 'compare.html', 'sdks/javascript.html']) {
      await page.goto(`${w.server.address}/tools/flags/docs/${path}`)
      await page.locator('article h1').waitFor()
      await accessible(page, path)
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${path} is wider than the window`)
    }

    // from the keyboard to a section
    await page.keyboard.press('/')
    await page.keyboard.type('percentage_of_act')
    await page.locator('#found a').first().waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/docs\/.+#.+/)
    await page.keyboard.press('/')
    await page.keyboard.type('xyzzy')
    await page.getByText('Nothing about “xyzzy”.').waitFor()
    assert.deepEqual(elsewhere, [])
  })
}

test('the documentation without scripts', async () => {
  const first = await w.open('/tools/flags/', { token: '' })
  const context = await first.context().browser()!.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(`${w.server.address}/tools/flags/docs/`)
  await page.getByRole('navigation').getByRole('link', { name: 'Concepts' }).click()
  await page.getByRole('heading', { name: 'Concepts' }).waitFor()
  assert.equal(await page.locator('input[type=search]').isVisible(), false)
  await page.goto(`${w.server.address}/tools/flags/docs/nowhere/at/all`)
  await page.getByRole('link', { name: 'the first page' }).click()
  await page.getByRole('heading', { name: 'Documentation' }).waitFor()
  await context.close()
})
