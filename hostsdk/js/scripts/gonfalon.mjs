// Builds the gonfalon binary that tests run against, unless GONFALON_BIN names one.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
export const gonfalon = process.env.GONFALON_BIN ?? fileURLToPath(new URL('../.cache/gonfalon', import.meta.url))

if (process.env.GONFALON_BIN === undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  execFileSync('go', ['build', '-o', gonfalon, './cmd/gonfalon'], { cwd: root, stdio: 'inherit' })
}
