// Times the JavaScript SDK and other engines that decide in process, on the same workloads in one run, and checks every answer.
//
//     npm ci && npm run bench        (after npm ci in hostsdk/js)
//
// Samples of all engines alternate, and the lowest of each counts, because a busy machine only ever adds time. Results are appended to
// ../results/latest.jsonl, unless --json names another file. --quick takes few samples, to check that it works.
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { gonfalon as binary } from '../../hostsdk/js/scripts/gonfalon.mjs'
import * as gonfalon from './engines/gonfalon.mjs'
import { actors, batch, check, key, kinds, names } from './workload.mjs'

const { values: options } = parseArgs({ options: { json: { type: 'string' }, quick: { type: 'boolean', default: false } } })
const root = fileURLToPath(new URL('../..', import.meta.url))
const results = options.json ?? join(root, 'benchmarks/results/latest.jsonl')
const [samples, sample] = options.quick ? [3, 5] : [40, 10] // how many, and milliseconds each
const starts = options.quick ? 3 : 15
/** What this SDK wants to be, in parts of others' figures. */
const goals = { wasm: 20, JavaScript: 1, size: 5 }
const rivals = ['flipt', 'devcycle', 'flagd', 'growthbook']

const machine = `${cpus()[0].model} × ${cpus().length}`
const commit = execFileSync('git', ['-C', root, 'describe', '--always', '--dirty'], { encoding: 'utf8' }).trim()

const folder = mkdtempSync(join(tmpdir(), 'gonfalon-bench-'))
const snapshot = join(folder, 'bench.snapshot')
try {
  writeFileSync(join(folder, 'flags.json'), JSON.stringify(gonfalon.document(gonfalon.flags)))
  execFileSync(binary, ['compile', join(folder, 'flags.json'), '-o', snapshot, '--env', 'bench', '--revision', '1'], { stdio: 'pipe' })
  await main()
} finally {
  rmSync(folder, { recursive: true })
}

async function main() {
  console.log(`${machine} · Node ${process.version} · commit ${commit}\n`)
  const engines = [await gonfalon.load(snapshot)]
  const kindsOf = [gonfalon.engine]
  for (const rival of rivals) {
    const module = await import(`./engines/${rival}.mjs`)
    engines.push(await module.load())
    kindsOf.push(module.engine)
  }
  const checked = engines.map((engine, i) => check(engine, i === 0 ? gonfalon.exact : undefined))
  console.log(`answers checked: ${engines.map(({ name }, i) => `${name} ${checked[i]}`).join(', ')}\n`)

  const table = []
  for (const kind of [0, 1, 2, 3, 4]) table.push(row(names[kind], engines, (engine) => one(engine, kind, kind === 4 ? engine.variant : engine.boolean), kindsOf, checked))
  for (const kind of [0, 2, 3, 4]) {
    const [ours] = engines
    table.push(row(`${names[kind]}, prepared context`, [ours], () => one(ours, kind, kind === 4 ? ours.preparedVariant : ours.preparedBoolean), kindsOf, checked))
  }
  table.push(row('a batch of 100 flags', engines, (engine) => many(engine), kindsOf, checked))
  print(['ns per decision (batch: per batch)', ...engines.map(({ name }, i) => `${name} (${kindsOf[i]})`)], table.map(([name, ...ns]) => [name, ...ns.map((n) => n.toFixed(0))]))

  console.log()
  print(
    ['as fast as the fastest other engine', `in wasm, at least ${goals.wasm} ×`, `in JavaScript, at least ${goals.JavaScript} ×`],
    table.filter((row) => row.length > 2).map(([name, ours, ...others]) => [name, ...['wasm', 'JavaScript'].map((kind) => goal(Math.min(...others.filter((_, i) => kindsOf[i + 1] === kind)) / ours, goals[kind]))]),
  )

  console.log()
  const sizes = [['gonfalon', gonfalon], ...(await Promise.all(['flipt', 'devcycle'].map(async (rival) => [rival, await import(`./engines/${rival}.mjs`)])))].map(([name, { moduleFile }]) => {
    const bytes = readFileSync(moduleFile())
    const size = { name: `module size, ${name}`, bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length }
    record(size)
    return [name, size.bytes, size.gzip]
  })
  print(['module', 'bytes', 'gzip -9'], sizes)
  const [[, bytes, zipped], ...others] = sizes
  console.log(`smaller than the smallest other, at least ${goals.size} ×: ${goal(Math.min(...others.map(([, n]) => n)) / bytes, goals.size)}; gzipped ${(Math.min(...others.map(([, , n]) => n)) / zipped).toFixed(1)}`)

  console.log()
  const none = lowest(starts, () => start('none'))
  print(
    ['first decision, ms from the start of the process', 'with 1,000 flags (DevCycle 200)', 'beyond an empty process'],
    ['gonfalon', ...rivals].map((engine) => {
      const ms = lowest(starts, () => start(engine))
      record({ name: `first decision, ${engine}`, ms, empty_process_ms: none })
      return [engine, ms.toFixed(1), (ms - none).toFixed(1)]
    }),
  )
  await Promise.all(engines.map((engine) => engine.close?.()))
}

/** One decision after another, with rotating flags and actors. */
function one(engine, kind, ask) {
  const list = Array.from({ length: 16 }, (_, i) => key(kind, i))
  return (n) => {
    let sum = 0
    for (let i = 0; i < n; i++) if (ask(list[i & 15], i % actors.length)) sum++
    return sum
  }
}

/** A hundred flags for one actor: in one call, where an engine has one. */
function many(engine) {
  const ask = engine.batch ?? ((keys, i) => keys.map((k) => (k.startsWith('w5') ? engine.variant(k, i) : engine.boolean(k, i))))
  return (n) => {
    let sum = 0
    for (let i = 0; i < n; i++) sum += ask(batch, i % actors.length).length
    if (sum !== n * batch.length) throw new Error(`${engine.name}: ${sum} answers for ${n} batches`)
    return sum
  }
}

/** Times one thing with all engines by turns; gives its name and their ns. */
function row(name, engines, subject, kindsOf, checked) {
  const subjects = engines.map((engine) => {
    const run = subject(engine)
    run(2000)
    let n = 1
    while (timed(run, n) * n < (sample / 2) * 1e6) n *= 2
    return { run, n, ns: Infinity }
  })
  for (let i = 0; i < samples; i++) {
    globalThis.gc?.()
    for (const s of subjects) s.ns = Math.min(s.ns, timed(s.run, s.n))
  }
  subjects.forEach(({ ns }, i) => record({ name: `${name}, ${engines[i].name}`, engine: kindsOf[i], ns, ratio: ns / subjects[0].ns, answers_checked: checked[i] }))
  return [name, ...subjects.map(({ ns }) => ns)]
}

function timed(run, n) {
  const begin = process.hrtime.bigint()
  run(n)
  return Number(process.hrtime.bigint() - begin) / n
}

function goal(ratio, least) {
  return `${ratio.toFixed(1)}${ratio < least ? ' under' : ''}`
}

/** Milliseconds from the start of a process to its first decision. */
function start(engine) {
  const out = execFileSync(process.execPath, [fileURLToPath(new URL('first.mjs', import.meta.url)), engine, snapshot], { encoding: 'utf8' })
  const { ms, answer } = JSON.parse(out)
  if (answer !== true) throw new Error(`${engine}: the first decision is ${answer}`)
  return ms
}

function lowest(n, measure) {
  return Math.min(...Array.from({ length: n }, measure))
}

function record(result) {
  mkdirSync(dirname(results), { recursive: true })
  appendFileSync(results, JSON.stringify({ suite: 'js', ...result, machine, node: process.version, commit }) + '\n')
}

function print(head, rows) {
  const cells = [head, ...rows].map((row) => [...row, ...Array(head.length - row.length).fill('')].map(String))
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i].length)))
  for (const row of cells) console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('   '))
}
