// Answers the conformance cases of a folder with the module there: node vectors.mjs FOLDER.
import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const dir = process.argv[2]
const module = new WebAssembly.Module(readFileSync(join(dir, 'engine.wasm')))
if (WebAssembly.Module.imports(module).length > 0) throw new Error('the module has imports')
const text = new TextDecoder()

for await (const line of createInterface({ input: createReadStream(join(dir, 'cases.jsonl')) })) {
  const c = JSON.parse(line)
  if (c.skipped) continue
  const e = new WebAssembly.Instance(module, {}).exports
  const put = (name, b64) => {
    const bytes = Buffer.from(b64, 'base64')
    const at = e[name](bytes.length) >>> 0 // may grow the memory, which detaches its buffer
    new Uint8Array(e.memory.buffer).set(bytes, at)
    return bytes.length
  }
  const code = e.load(put('snapshot', c.snapshot))
  if (code !== 0) throw new Error(`${c.file} ${c.id}: load answers ${code}`)
  const packed = e.evaluate(put('request', c.request))
  if (packed < 0) throw new Error(`${c.file} ${c.id}: evaluate answers ${packed}`)
  const w = new Uint32Array(e.memory.buffer, e.result() >>> 0, 8)
  console.log(JSON.stringify({
    file: c.file, id: c.id, enabled: (packed & 1) === 1,
    variant: w[1] === 0 ? null : text.decode(new Uint8Array(e.memory.buffer, w[2], w[3])),
    score16: ((packed >>> 9) & 0x1ffff) - 1,
  }))
}
