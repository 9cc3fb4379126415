// Decides in V8 as main.go says: for each line with a group's number, a line with the nanoseconds of a decision.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [module, folder, sample] = process.argv.slice(2)
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(module)))
const bytes = readFileSync(`${folder}/snapshot`)
const room = exports.snapshot(bytes.length) // the memory may grow
new Uint8Array(exports.memory.buffer).set(bytes, room)
if (exports.load(bytes.length) !== 0) throw new Error('the snapshot does not load')
const at = exports.request(65536)
const memory = new Uint8Array(exports.memory.buffer)

const file = readFileSync(`${folder}/requests`)
const groups = []
for (let i = 0; i < file.length; ) {
  const questions = []
  let n = file.readUInt32LE(i)
  for (i += 4; n > 0; n--) {
    const length = file.readUInt32LE(i + 4)
    questions.push({ want: file.readUInt32LE(i), request: new Uint8Array(file.subarray(i + 8, i + 8 + length)) })
    i += 8 + length
  }
  groups.push(questions)
}

for await (const line of createInterface({ input: process.stdin })) {
  const questions = groups[Number(line)]
  const start = process.hrtime.bigint()
  const end = start + BigInt(sample) * 1000000n
  let n = 0
  do {
    for (const { want, request } of questions) {
      memory.set(request, at)
      const got = exports.evaluate(request.length) >>> 0
      if (got !== want) throw new Error(`the answer is ${got}, want ${want}`)
    }
    n += questions.length
  } while (process.hrtime.bigint() < end)
  console.log(Number(process.hrtime.bigint() - start) / n)
}
