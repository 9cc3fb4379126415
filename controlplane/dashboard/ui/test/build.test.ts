import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const ui = fileURLToPath(new URL('..', import.meta.url))
const dist = fileURLToPath(new URL('../../dist', import.meta.url))
const again = mkdtempSync(join(tmpdir(), 'gonfalon-dashboard-'))
after(() => rmSync(again, { recursive: true, force: true }))

function files(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name))
  return new Map(names.sort().map((name) => [name.slice(folder.length), readFileSync(name)]))
}

test('the page that is checked in is made of these sources', () => {
  execFileSync('npx', ['vite', 'build', '--outDir', again, '--logLevel', 'error'], { cwd: ui, stdio: ['ignore', 'ignore', 'inherit'] })
  const [built, checked] = [files(again), files(dist)]
  assert.deepEqual([...checked.keys()], [...built.keys()], 'run npm run build')
  for (const [name, bytes] of built) assert.ok(bytes.equals(checked.get(name)!), `${name} differs: run npm run build`)
})

test('the first load is at most 90 KB', () => {
  const all = files(dist)
  const page = all.get('/index.html')!.toString()
  const loaded = [...page.matchAll(/(?:src|href)="\.(\/assets\/[^"]+)"/g)].map(([, name]) => name!)
  const size = [page, ...loaded.map((name) => all.get(name)!)].reduce((sum, body) => sum + gzipSync(body).length, 0)
  assert.ok(loaded.length >= 2 && size <= 90 * 1024, `${size} bytes: ${loaded.join(' ')}`)
})
