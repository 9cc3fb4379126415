// Builds the programs that tests run against, unless GONFALON_BIN and GONFALON_CONTRACT name them.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const cached = (name) => fileURLToPath(new URL(`../.cache/${name}`, import.meta.url))

/** The gonfalon binary. */
export const gonfalon = process.env.GONFALON_BIN ?? cached('gonfalon')
/** The server that misbehaves in tests. */
export const contract = process.env.GONFALON_CONTRACT ?? cached('contract')

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const build = (out, source) => execFileSync('go', ['build', '-o', out, source], { cwd: root, stdio: 'inherit' })
  if (process.env.GONFALON_BIN === undefined) build(gonfalon, './cmd/gonfalon')
  if (process.env.GONFALON_CONTRACT === undefined) build(contract, './hostsdk/contract')
}
