import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { boolean, compile } from './support/snapshots.ts'

const root = new URL('..', import.meta.url).pathname
let project: string

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

before(() => {
  project = mkdtempSync(join(tmpdir(), 'gonfalon-project-'))
  const [packed] = JSON.parse(execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', project], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) as [{ filename: string; files: { path: string }[] }]
  const files = packed.files.map(({ path }) => path)
  for (const file of ['README.md', 'package.json', 'dist/engine.wasm', 'dist/esm/index.js', 'dist/cjs/index.js', 'dist/esm/index.d.ts', 'dist/browser/gonfalon.js']) assert.ok(files.includes(file), file)
  assert.ok(!files.some((path) => path.startsWith('src/') || path.startsWith('test/')))
  writeFileSync(join(project, 'package.json'), '{ "private": true }')
  execFileSync('npm', ['install', '--no-package-lock', '--omit=peer', join(project, packed.filename)], { cwd: project, stdio: 'ignore' })
  writeFileSync(join(project, 'flags.snapshot'), compile({ flags: [boolean('f')] }))
})
after(() => rmSync(project, { recursive: true, force: true }))

test('the package works in an empty project, as a module and by require', () => {
  const use = `
    const flags = await Gonfalon.connect({ bootstrap: 'flags.snapshot' })
    console.log(flags.enabled('f'), testFlags().enable('g').enabled('g'))`
  writeFileSync(join(project, 'use.mjs'), `import { Gonfalon } from '@gonfalon/sdk'\nimport { testFlags } from '@gonfalon/sdk/testing'\n${use}`)
  assert.equal(run(process.execPath, 'use.mjs'), 'true true\n')
  writeFileSync(join(project, 'use.cjs'), `const { Gonfalon } = require('@gonfalon/sdk')\nconst { testFlags } = require('@gonfalon/sdk/testing')\nvoid (async () => {${use}})()`)
  assert.equal(run(process.execPath, 'use.cjs'), 'true true\n')
})

test('the admin client works by import and by require', () => {
  const use = `console.log(typeof adminClient({ endpoint: 'http://127.0.0.1:1', token: 'x' }).PUT)`
  writeFileSync(join(project, 'admin.mjs'), `import { adminClient } from '@gonfalon/sdk/admin'\n${use}`)
  assert.equal(run(process.execPath, 'admin.mjs'), 'function\n')
  writeFileSync(join(project, 'admin.cjs'), `const { adminClient } = require('@gonfalon/sdk/admin')\n${use}`)
  assert.equal(run(process.execPath, 'admin.cjs'), 'function\n')
})

test('the browser entry works by import and by require', () => {
  const use = `Gonfalon.connect({ bootstrap: require('node:fs').readFileSync('flags.snapshot') }).then((flags) => console.log(flags.enabled('f')))`
  writeFileSync(join(project, 'page.cjs'), `const { Gonfalon } = require('@gonfalon/sdk/browser')\n${use}`)
  assert.equal(run(process.execPath, 'page.cjs'), 'true\n')
  writeFileSync(join(project, 'page.mjs'), `import { Gonfalon } from '@gonfalon/sdk/browser'\nimport { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)\n${use}`)
  assert.equal(run(process.execPath, 'page.mjs'), 'true\n')
})

test('it carries the engine of this repository, and depends on next to nothing', () => {
  const installed = join(project, 'node_modules/@gonfalon/sdk')
  assert.deepEqual(readFileSync(join(installed, 'dist/engine.wasm')), readFileSync(join(root, '../../wasm/engine.wasm')))
  const base64 = readFileSync(join(installed, 'dist/engine.wasm')).toString('base64')
  for (const form of ['esm', 'cjs', 'browser']) {
    const folder = join(installed, 'dist', form)
    const carriers = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js') && readFileSync(join(folder, file), 'utf8').includes(base64))
    assert.equal(carriers.length, 1, `${form}: ${String(carriers)}`)
  }
  const { packages } = JSON.parse(readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8')) as { packages: object }
  assert.deepEqual(Object.keys(packages).sort(), ['node_modules/@gonfalon/sdk', 'node_modules/eventsource-parser', 'node_modules/openapi-fetch', 'node_modules/openapi-typescript-helpers'])
})

test('its types are there for both kinds of module', () => {
  const use = `
    async function use(): Promise<string> {
      const flags = await Gonfalon.connect({ endpoint: 'http://127.0.0.1:8080', token: 'x' })
      const on: boolean = flags.enabled('f', { actor: 'user:3', attributes: { plan: 'pro', since: new Date() } })
      // @ts-expect-error a flag is on or off
      const no: string = flags.enabled('f')
      // @ts-expect-error a function is no attribute
      flags.enabled('f', { attributes: { f: () => 1 } })
      const admin = adminClient({ endpoint: 'http://127.0.0.1:8080', token: 'x' })
      const { data } = await admin.GET('/v1/envs/{env}/flags/{key}', { params: { path: { env: 'default', key: 'f' } } })
      const key: string | undefined = data?.key
      // @ts-expect-error there is no such path
      await admin.GET('/v1/nothing')
      return on ? key ?? flags.variant('hero', { actor: 3, default: 'control' }) : String(no)
    }
    void use`
  for (const file of ['types.mts', 'types.cts']) {
    writeFileSync(join(project, file), `import { Gonfalon } from '@gonfalon/sdk'\nimport { adminClient } from '@gonfalon/sdk/admin'\n${use}`)
  }
  const compilerOptions = { noEmit: true, strict: true, target: 'es2022', lib: ['es2024', 'dom', 'esnext.disposable'], module: 'nodenext', types: [] }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['types.*'] }))
  run(process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', '.')
})

test('the conformance runner can be called', () => {
  writeFileSync(join(project, 'none.jsonl'), '{"file":"none","id":1,"family":"none","flag":"f","skipped":"there is nothing to ask"}\n')
  assert.equal(run('npx', 'gonfalon-conformance', 'none.jsonl'), 'skipped 1: there is nothing to ask\n0 passed, 0 failed, 1 skipped\n')
})
