/** Takes a picture of a page, and says what the browser complained about: ADDRESS TOKEN PATH FILE [WIDTHxHEIGHT] [light|dark]. */
import { chromium } from 'playwright-core'

const [address, token, path, file, size = '1360x900', theme = 'light'] = process.argv.slice(2) as [string, string, string, string, string?, string?]
const [width, height] = size.split('x').map(Number) as [number, number]
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'],
  env: { ...process.env, FONTCONFIG_FILE: new URL('./fonts.conf', import.meta.url).pathname } as Record<string, string>,
})
const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme === 'dark' ? 'dark' : 'light' })
page.on('console', (message) => message.type() === 'error' && console.error(message.text()))
page.on('pageerror', (error) => console.error(error.stack))
await page.goto(address)
await page.request.post(`${address}/v1/sessions`, { data: { token }, headers: { origin: new URL(address).origin } })
await page.goto(address + path)
await page.waitForLoadState('load')
await page.waitForTimeout(500)
await page.screenshot({ path: file })
await browser.close()
