/** Writes the pictures that pages of documentation show, by a server and a browser of its own. */
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fill, report } from './sample.ts'
import { adminToken, launch, Server, type Page } from './support.ts'

const folder = fileURLToPath(new URL('../../pictures', import.meta.url))
mkdirSync(folder, { recursive: true })

interface Picture {
  readonly name: string
  readonly path: string
  readonly ready: string
  readonly size?: readonly [number, number]
  readonly theme?: 'light' | 'dark'
  readonly then?: (page: Page) => Promise<void>
}

const pictures: readonly Picture[] = [
  { name: 'flags', path: '/envs/production/flags', ready: '[data-key]', then: async (page) => { await page.keyboard.press('j') } },
  { name: 'flags-dark', path: '/envs/production/flags', ready: '[data-key]', theme: 'dark' },
  { name: 'flags-phone', path: '/envs/production/flags?q=group:checkout', ready: '[data-key]', size: [390, 844] },
  {
    name: 'flag',
    path: '/envs/production/flags/checkout_new_payment',
    ready: '.gate',
    size: [1360, 1000],
    then: async (page) => {
      await page.getByRole('button', { name: 'Edit percentage' }).click()
      await page.getByLabel('Percentage of actors, in percent').fill('50')
      await page.keyboard.press('Tab')
      await page.locator('.fore [aria-busy=false] .lead').waitFor()
      await page.getByLabel('Reason, for the history').fill('third wave, errors flat since Monday')
    },
  },
  { name: 'explain', path: '/envs/production/explain/checkout_new_payment?actor=LUCKY&groups=beta,eu&context={"plan":"pro","app":"5.2.1"}', ready: '.step' },
  { name: 'kill', path: '/envs/production/flags', ready: '[data-key]', then: async (page) => { await page.keyboard.press('Control+k'); await page.keyboard.type('newpay'); await page.getByRole('option', { selected: true }).getByText('checkout_new_payment').waitFor(); await page.keyboard.press('K'); await page.locator('dialog .lead').waitFor() } },
  { name: 'matrix', path: '/matrix', ready: 'main h1' },
]

const server = await Server.start()
await fill(server.address, adminToken)
const { token } = await server.api('POST', '/v1/tokens', { name: 'user:42', role: 'admin' })
let lucky = 50
while (!(await server.api('POST', '/v1/envs/production/flags/checkout_new_payment/evaluate', { actor: `user:${lucky}` })).enabled) lucky++
const browser = await launch([], { ...process.env, FONTCONFIG_FILE: fileURLToPath(new URL('./fonts.conf', import.meta.url)) })
for (const { name, path, ready, size: [width, height] = [1360, 900], theme = 'light', then } of pictures) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme })
  await context.request.post(`${server.address}/v1/sessions`, { data: { token } })
  await context.addInitScript(() => localStorage.setItem('gonfalon.favourites', '["checkout_new_payment","checkout_express","ops_readonly_mode"]'))
  await report(server.api, 'production') // hosts tell each minute what they were asked
  const page = await context.newPage()
  await page.goto(server.address + path.replace('LUCKY', `user:${lucky}`))
  await page.locator(ready).first().waitFor()
  await page.getByText('Live', { exact: true }).waitFor({ state: 'attached' })
  await then?.(page)
  await page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => {}) // the stream never ends
  await page.screenshot({ path: `${folder}/${name}.png` })
  await context.close()
  console.log(`${folder}/${name}.png`)
}
await browser.close()
await server.stop()
