import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { adminToken, Plane } from './support/plane.ts'
import { boolean, compile } from './support/snapshots.ts'

/** Within the package, so that its own name is found. */
const folder = join(import.meta.dirname, '../.cache/pages')

/** The blocks of JavaScript on a page, with the file that a first line such as `// worker.mjs` names. */
function blocks(page: string): { code: string; file: string | undefined }[] {
  const text = readFileSync(join(import.meta.dirname, page), 'utf8')
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => ({ code: code!, file: /^\/\/ (\S+\.mjs)\n/.exec(code!)?.[1] }))
}

/** A block as a program: with the settings and the client that it takes for granted. */
function program(code: string, endpoint: string): string {
  const lines = [`const endpoint = '${endpoint}', token = process.env.GONFALON_TOKEN`]
  const uses = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(code)
  const client = uses('flags') && !uses('const flags = await')
  if ((client || uses('Gonfalon')) && !uses('import { Gonfalon } from')) lines.push("import { Gonfalon } from '@gonfalon/sdk'")
  if (client) lines.push('const flags = await Gonfalon.connect({ endpoint, token })')
  lines.push(code.replaceAll('http://127.0.0.1:8080', endpoint).replaceAll('/var/lib/shop', folder))
  if (client && uses('node:test')) lines.push("import { after } from 'node:test'", 'after(() => flags.close())')
  else if (client) lines.push('await flags.close()')
  return lines.join('\n')
}

test('the JavaScript on the pages runs', async (t) => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'flags.snapshot'), compile({ flags: [boolean('f')] }))
  const plane = await Plane.start(t)
  await plane.put({ key: 'new_checkout', ...boolean('new_checkout') })
  const env = { ...process.env, GONFALON_TOKEN: await plane.token('sdk'), GONFALON_ADMIN_TOKEN: adminToken, NODE_TEST_CONTEXT: '' }
  const all = ['../../../README.md', '../README.md'].flatMap(blocks)
  assert.ok(all.length >= 8)
  for (const { code, file } of all) if (file !== undefined) writeFileSync(join(folder, file), code)
  for (const { code, file } of all) {
    if (file !== undefined) continue
    const path = join(folder, 'block.mjs')
    writeFileSync(path, program(code, plane.endpoint))
    const child = spawn(process.execPath, [path], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += String(data)))
    const [status] = (await once(child, 'close')) as [number]
    assert.equal(status, 0, `${code}\n${said}`)
  }
})
