// Builds dist/: ES modules and CommonJS, file by file, for Node and bundlers; and one file for pages without a bundler, which
// loads the engine (a file of its own) only when it decides by itself.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, transform } from 'esbuild'

process.chdir(new URL('..', import.meta.url).pathname)
rmSync('dist', { recursive: true, force: true })
await import('./wasm.mjs')
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc'], { stdio: 'inherit' })

mkdirSync('dist/cjs')
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n')
for (const file of readdirSync('dist/esm', { recursive: true, encoding: 'utf8' })) {
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
copyFileSync('../../wasm/engine.wasm', 'dist/engine.wasm')
