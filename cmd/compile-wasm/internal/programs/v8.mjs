// Runs each export of a module with each input, and prints an answer a line.
import { readFileSync } from 'node:fs'

const [file, inputs, names] = process.argv.slice(2)
const { instance } = await WebAssembly.instantiate(readFileSync(file))
for (const name of names.split(',')) {
  for (const i of inputs.split(' ')) {
    try {
      console.log(BigInt.asUintN(64, instance.exports[name](BigInt.asIntN(64, BigInt(i) * 0x9e3779b97f4a7c15n))).toString())
    } catch (problem) {
      if (!(problem instanceof WebAssembly.RuntimeError)) throw problem
      console.log('trap')
    }
  }
}
