// Measures the JavaScript SDK in Node, and prints its figures as JSON. GONFALON_BENCH is a folder of `contract bench`.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const sdk = new URL('../../hostsdk/js/', import.meta.url)
const { Gonfalon } = await import(new URL('dist/esm/index.js', sdk))
const [mode, snapshot] = process.argv.slice(2)
const connect = (path) => Gonfalon.connect({ bootstrap: path, usage: false })

if (mode === 'first' || mode === 'serve') {
  const flags = await connect(snapshot)
  if (!flags.enabled('boolean_00000', 'user:000003')) throw new Error('the first decision is wrong')
  console.log(mode === 'first' ? performance.now() : process.resourceUsage().maxRSS / 1024)
  process.exit()
}

const kinds = ['boolean', 'percentage', 'rule']
const number = (i) => String(i).padStart(5, '0')
const actors = Array.from({ length: 64 }, (_, i) => `user:${String(i * 3).padStart(6, '0')}`)
const attributes = { age: 34, beta: true, country: 'DE', email: 'jo@example.com', plan: 'team' }
const folder = process.env.GONFALON_BENCH
const [small, large] = ['1000.snapshot', '10000.snapshot'].map((name) => join(folder, name))
const flags = await connect(small)
const contexts = actors.map((actor) => ({ actor, attributes }))
const prepared = contexts.map((context) => flags.context(context))
const hundred = Array.from({ length: 100 }, (_, i) => `${kinds[i % 3]}_${number(Math.floor(i / 3))}`)
let checked = 0

/** The right answer by the definitions, and not by the engine. */
function right(kind, key, actor) {
  const score = createHash('sha256').update(actor + key).digest().readUInt16BE() / 65536
  return score <= { boolean: 1, percentage: 0.25, rule: 0.5 }[kind]
}

function check(got, want, what) {
  if (got !== want) throw new Error(`${what} is ${got}`)
  checked++
}

/** Nanoseconds of a question, in the best of many samples. */
function lowest(ask) {
  const run = (n) => {
    const start = process.hrtime.bigint()
    for (let i = 0; i < n; i++) ask(i & 63)
    return Number(process.hrtime.bigint() - start)
  }
  run(20_000)
  let n = 1
  while (run(n) < 5e6) n *= 2
  let best = Infinity
  for (let i = 0; i < 30; i++) {
    globalThis.gc?.()
    best = Math.min(best, run(n) / n)
  }
  return best
}

const decide = {}
const whole = {}
for (const kind of kinds) {
  const keys = actors.map((_, i) => `${kind}_${number(i)}`)
  for (const key of keys) {
    actors.forEach((actor, i) => {
      check(flags.enabled(key, contexts[i]), right(kind, key, actor), key)
      check(flags.enabled(key, prepared[i]), right(kind, key, actor), key)
    })
  }
  whole[kind] = lowest((i) => flags.enabled(keys[i], contexts[i]))
  decide[kind] = lowest((i) => flags.enabled(keys[i], prepared[i]))
}
for (const decision of flags.decideAll(prepared[1], hundred)) check(decision.enabled, right(decision.key.split('_')[0], decision.key, actors[1]), decision.key)
const batch = lowest((i) => flags.decideAll(prepared[i], hundred))

let load = Infinity
const bytes = readFileSync(large)
for (let i = 0; i < 10; i++) {
  const start = performance.now()
  const loaded = await connect(bytes)
  load = Math.min(load, performance.now() - start)
  await loaded.close()
}

const self = fileURLToPath(import.meta.url)
const child = (...parts) => {
  const start = performance.now()
  const said = Number(execFileSync(process.execPath, [self, ...parts], { encoding: 'utf8' }))
  return [said, performance.now() - start]
}
const start = Math.min(...Array.from({ length: 7 }, () => child('first', small)[0]))
const packed = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: fileURLToPath(sdk), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))[0]
console.log(
  JSON.stringify({
    lang: 'js',
    engine: 'V8',
    decide_ns: whole,
    prepared_ns: decide,
    batch100_ns: batch,
    load10000_ms: load,
    start_ms: start,
    memory_mb: child('serve', large)[0],
    package_kb: packed.size / 1024,
    answers_checked: checked,
  }),
)
process.exit()
