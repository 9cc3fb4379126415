import assert from 'node:assert/strict'
import { createServer, request, type Server as Proxy } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { world } from './support.ts'

/** A proxy that strips a path and says so, as one in front of several programs does; elsewhere it knows nothing. */
async function stripping(path: string, address: string): Promise<Proxy> {
  const proxy = createServer((asked, answer) => {
    if (!asked.url!.startsWith(`${path}/`)) return void answer.writeHead(404).end('another program')
    const on = request(address + asked.url!.slice(path.length), { method: asked.method!, headers: { ...asked.headers, 'x-forwarded-prefix': path } }, (answered) => {
      answer.writeHead(answered.statusCode!, answered.headers)
      answer.flushHeaders()
      answered.pipe(answer)
    })
    answer.on('close', () => on.destroy())
    on.on('error', () => answer.destroy())
    asked.pipe(on)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => proxy.once('listening', resolve))
  return proxy
}

let proxy: Proxy
const w = world(['--trusted-proxies', '127.0.0.1'], true, async (server) => {
  proxy = await stripping('/tools/flags', server.address)
  server.address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/tools/flags`
})
after(() => {
  proxy.closeAllConnections()
  proxy.close()
})

test('behind a proxy that strips a path, everything is below that path', async () => {
  const page = await w.open('/', { token: '' })
  const { secret } = await w.server.api('POST', '/v1/sessions/secrets')
  await page.goto(`${w.server.address}/#secret=${secret}`)
  await page.reload()
  await page.locator('[data-key]').first().waitFor()
  const at = () => new URL(page.url()).pathname
  assert.equal(at(), '/tools/flags/envs/production/flags')
  const [cookie] = await page.context().cookies()
  assert.deepEqual([cookie!.path, cookie!.httpOnly, cookie!.sameSite], ['/tools/flags/', true, 'Strict'])

  await page.getByRole('combobox', { name: 'Search flags' }).fill('recommend')
  await page.locator('[data-key=shop_recommendations] .key').click()
  await page.getByRole('heading', { name: 'shop_recommendations' }).waitFor()
  assert.equal(at(), '/tools/flags/envs/production/flags/shop_recommendations')
  await page.reload()
  await page.getByText('Live', { exact: true }).waitFor()
  await page.keyboard.press('e')
  await page.locator('input.pct:focus').waitFor()
  await page.keyboard.type('50')
  await page.keyboard.press('Tab')
  await page.getByText('16.7 % of actors turn on').waitFor()
  await page.getByRole('button', { name: 'Save in production' }).click()
  await page.getByText('shop_recommendations is saved in production.').waitFor()
  await w.server.api('POST', '/v1/envs/production/flags/shop_recommendations/kill', { reason: 'past the proxy' })
  await page.getByText('past the proxy').waitFor()
  await page.keyboard.press('x')
  await page.getByText('Off for no actor').waitFor() // the module and the snapshot are below the path, too
})
