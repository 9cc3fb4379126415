import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { decodeBase64 } from '../src/engine/module.ts'
import { binary, compile } from './support/snapshots.ts'

const vectors = new URL('../../../engine/conformance/', import.meta.url)
const bin = new URL('../dist/esm/bin/', import.meta.url).pathname
let folder: string

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gonfalon-'))
})
after(() => rmSync(folder, { recursive: true }))

function run(program: string, ...args: string[]): Promise<{ status: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [bin + program, ...args], { maxBuffer: 64 << 20 }, (error, out, err) => resolve({ status: error === null ? 0 : (error.code as unknown as number), out, err }))
  })
}

/** Bytes with their length before them. */
function record(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32LE(bytes.length)
  return Buffer.concat([head, bytes])
}

const lines = (file: string): Record<string, unknown>[] => readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)

for (const name of ['bandera.jsonl', 'fun_with_flags.jsonl', 'newer.jsonl', 'own.jsonl', 'small.json']) {
  test(`every vector of ${name} has the reference's answer`, { timeout: 120_000 }, async () => {
    const cases = join(folder, name)
    const native = join(folder, `${name}.native`)
    const ours = join(folder, `${name}.ours`)
    const file = new URL(name, vectors).pathname
    execFileSync(binary, ['conformance', '--emit-cases', file, cases])
    execFileSync(binary, ['conformance', '--json', native, file])
    const all = lines(cases)
    const skipped = all.filter((c) => c['skipped'] !== undefined).length
    const { status, out } = await run('conformance.js', '--json', ours, cases)
    assert.equal(out.trim().split('\n').at(-1), `${all.length - skipped} passed, 0 failed, ${skipped} skipped`)
    assert.equal(status, 0)

    // As a program would ask, the decisions are the same: the driver sees to that.
    const pairs = join(folder, `${name}.pairs`)
    const asked = all.filter((c) => c['skipped'] === undefined)
    writeFileSync(pairs, Buffer.concat(asked.flatMap((c) => [record(decodeBase64(c['snapshot'] as string)), record(decodeBase64(c['request'] as string))])))
    const { status: same, err } = await run('differential.js', pairs, join(folder, `${name}.decisions`))
    assert.equal(same, 0, err)
    const [, decided, again] = /^(\d+) decided, (\d+) of them again by contexts/.exec(err)!.map(Number)
    assert.equal(decided, asked.length)
    assert.ok(again! > 0.8 * decided!, err)

    // Case by case the same answers as the native engine's, not only those that the reference gives.
    const id = (c: Record<string, unknown>): string => `${String(c['file'])} ${String(c['id'])}`
    const answers = new Map(lines(native).map((c) => [id(c), c]))
    for (const answer of lines(ours)) {
      if (answer['skipped'] !== undefined) continue
      const { enabled, variant, score16 } = answers.get(id(answer))!
      assert.deepEqual([answer['enabled'], answer['variant']], [enabled, variant], id(answer))
      if (answer['score16'] !== null) assert.equal(answer['score16'], score16, id(answer))
    }
  })
}

test('a wrong answer fails, and says which', async () => {
  const cases = join(folder, 'wrong')
  execFileSync(binary, ['conformance', '--emit-cases', new URL('fun_with_flags.jsonl', vectors).pathname, cases])
  const [first] = lines(cases)
  const expect = first!['expect'] as { enabled: boolean }
  writeFileSync(cases, JSON.stringify({ ...first, expect: { ...expect, enabled: !expect.enabled } }) + '\n')
  const { status, out } = await run('conformance.js', cases)
  assert.equal(status, 1)
  assert.match(out, /^FAIL fun_with_flags\.jsonl \d+ .*enabled is/)
  assert.match(out, /\n0 passed, 1 failed, 0 skipped\n$/)
})

test('a file that cannot be read is no success', async () => {
  assert.equal((await run('conformance.js')).status, 2)
  assert.equal((await run('conformance.js', '/nowhere')).status, 2)
  const torn = join(folder, 'torn')
  writeFileSync(torn, '{"file":')
  const { status, err } = await run('conformance.js', torn)
  assert.equal(status, 2)
  assert.match(err, /torn:1/)
})

test('pairs of snapshot and request are decided byte for byte', async () => {
  const snapshot = compile({ flags: [{ key: 'v', gates: [{ type: 'variant', variants: [{ name: 'é', weight: 1, payload: 7 }] }] }] })
  const request = Buffer.from('96a176a17590000080', 'hex')
  const broken = snapshot.slice()
  broken[9]! ^= 1
  const pairs = join(folder, 'pairs')
  const decisions = join(folder, 'decisions')
  const parts = [snapshot, request, new Uint8Array(0), request, broken, request, new Uint8Array(0), request, snapshot, Buffer.from('90', 'hex')]
  writeFileSync(pairs, Buffer.concat(parts.map(record)))
  const { status, err } = await run('differential.js', pairs, decisions)
  assert.equal(err, '5 decided, 2 of them again by contexts\n')
  assert.equal(status, 0)
  const out = readFileSync(decisions)
  const good = out.subarray(0, 4 + 4 + 2 + 4 + 1 + 4)
  assert.equal(good.subarray(4).toString('hex'), '02000000c3a9' + '0100000037' + '00000000')
  const refused = Buffer.from('ffffffff000000000000000000000000', 'hex')
  assert.deepEqual(out, Buffer.concat([good, good, refused, refused, refused]))
  writeFileSync(pairs, record(snapshot))
  assert.equal((await run('differential.js', pairs, decisions)).status, 1)
})
