// Builds dist/: ES modules for Node and bundlers, few files each, since a program waits for every file that is opened when it
// starts; CommonJS, file by file; and one file for pages without a bundler, which loads the engine (a file of its own) only when
// it decides by itself.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, transform } from 'esbuild'

const filesOf = (folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' })

process.chdir(new URL('..', import.meta.url).pathname)
rmSync('dist', { recursive: true, force: true })
await Promise.all([import('./wasm.mjs'), import('./api.mjs')])
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc'], { stdio: 'inherit' })

mkdirSync('dist/cjs')
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n')
for (const file of filesOf('dist/esm')) {
  const to = join('dist/cjs', file)
  if (file.endsWith('.d.ts')) {
    mkdirSync(dirname(to), { recursive: true })
    copyFileSync(join('dist/esm', file), to)
  } else if (file.endsWith('.js')) {
    const { code } = await transform(readFileSync(join('dist/esm', file), 'utf8'), {
      format: 'cjs',
      target: 'node20',
      supported: { 'dynamic-import': false },
    })
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(to, code)
  }
}

await build({
  entryPoints: { gonfalon: 'dist/esm/browser.js' },
  outdir: 'dist/browser',
  bundle: true,
  splitting: true,
  chunkNames: '[name]',
  format: 'esm',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
})

// What package.json names stays, each with what it alone has; what several share moves to files of their own.
const { exports, bin } = JSON.parse(readFileSync('package.json', 'utf8'))
await build({
  entryPoints: [...new Set(JSON.stringify([exports, bin]).match(/dist\/esm\/[\w/-]+\.js/g))],
  outdir: 'dist/bundled',
  outbase: 'dist/esm',
  bundle: true,
  splitting: true,
  chunkNames: 'shared-[hash]',
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
})
for (const file of filesOf('dist/esm')) if (file.endsWith('.js')) rmSync(join('dist/esm', file))
for (const file of filesOf('dist/bundled')) if (file.endsWith('.js')) renameSync(join('dist/bundled', file), join('dist/esm', file))
rmSync('dist/bundled', { recursive: true })
copyFileSync('../../wasm/engine.wasm', 'dist/engine.wasm')
