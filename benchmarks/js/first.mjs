// Starts the way a program does, decides once, and prints how many milliseconds that took from the start of the process.
const [engine, snapshot] = process.argv.slice(2)
let answer = true
let close
if (engine !== 'none') {
  const { load } = await import(`./engines/${engine}.mjs`)
  const loaded = await load(snapshot)
  answer = loaded.boolean('w1_flag_00000', 1)
  close = loaded.close
}
const ms = performance.now()
console.log(JSON.stringify({ ms, answer }))
await close?.()
process.exit()
