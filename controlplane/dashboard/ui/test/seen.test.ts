import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seen, world } from './support.ts'

const w = world()

test('Enter does nothing in a dialog that is not painted yet, however long that takes', async () => {
  const page = await w.open('/envs/staging/flags/checkout_new_payment')
  const killed = async (): Promise<boolean> => (await w.server.api('GET', '/v1/envs/staging/flags/checkout_new_payment')).killed
  const kill = page.getByRole('button', { name: 'Kill…' })
  await kill.waitFor()
  await page.evaluate(() => {
    const held: FrameRequestCallback[] = []
    const request = window.requestAnimationFrame
    window.requestAnimationFrame = (callback) => held.push(callback)
    addEventListener('paint', () => {
      window.requestAnimationFrame = request
      for (const callback of held) request(callback)
    })
  })
  await kill.click()
  const confirm = page.getByRole('button', { name: 'Kill in staging' })
  await confirm.waitFor()
  await seen(page)
  await page.keyboard.press('Enter')
  assert.equal(await confirm.isEnabled(), true)
  assert.equal(await killed(), false)
  await page.evaluate(() => dispatchEvent(new Event('paint')))
  await seen(page)
  await page.keyboard.press('Enter')
  await page.getByText('checkout_new_payment is killed in staging.').waitFor()
  assert.equal(await killed(), true)
})

test('an Enter that is held opens a dialog and never confirms it', async () => {
  const { id } = await w.server.api('POST', '/v1/tokens', { name: 'held', role: 'viewer' })
  const page = await w.open('/tokens')
  await page.getByRole('button', { name: 'Revoke held' }).focus()
  await page.keyboard.down('Enter')
  const revoke = page.getByRole('dialog').getByRole('button', { name: 'Revoke held' })
  await revoke.waitFor()
  await page.keyboard.down('Enter')
  assert.equal(await revoke.isEnabled(), true)
  await seen(page)
  await page.keyboard.down('Enter')
  assert.equal(await revoke.isEnabled(), true)
  const there = async (): Promise<boolean> => (await w.server.api('GET', '/v1/tokens')).tokens.some((token: { id: string }) => token.id === id)
  assert.equal(await there(), true)
  await page.keyboard.up('Enter')
  await page.keyboard.press('Enter')
  await revoke.waitFor({ state: 'detached' })
  assert.equal(await there(), false)
})
