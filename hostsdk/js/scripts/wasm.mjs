// Writes src/engine/bytes.ts from the module, so that it travels inside the package and needs no loader, path or fetch.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'

const module = readFileSync(new URL('../../../wasm/engine.wasm', import.meta.url))
const out = new URL('../src/engine/bytes.ts', import.meta.url)
mkdirSync(new URL('.', out), { recursive: true })
writeFileSync(
  out,
  `// Made from wasm/engine.wasm by scripts/wasm.mjs.\n\n/** The engine's WebAssembly module, in base64. */\nexport const moduleBase64 =\n  '${module.toString('base64')}'\n`,
)
