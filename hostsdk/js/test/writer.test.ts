import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { ContextError } from '../src/engine/context_error.ts'
import { full, Writer } from '../src/engine/writer.ts'

/** The bytes of a value, in hex. */
function packed(value: unknown): string {
  return written((w) => w.attribute(value))
}

function written(write: (w: Writer) => void, size = 1 << 20): string {
  const w = new Writer()
  w.target(new ArrayBuffer(size), 0, size)
  write(w)
  return Buffer.from(w.bytes.subarray(0, w.at)).toString('hex')
}

const text = (s: string): string => Buffer.from(s).toString('hex')

test('every value is written in its shortest form', () => {
  const cases: [unknown, string][] = [
    [null, 'c0'],
    [undefined, 'c0'],
    [() => 0, 'c0'],
    [Symbol('x'), 'c0'],
    [true, 'c3'],
    [false, 'c2'],
    [0, '00'],
    [-0, '00'],
    [127, '7f'],
    [128, 'cc80'],
    [255, 'ccff'],
    [256, 'cd0100'],
    [65535, 'cdffff'],
    [65536, 'ce00010000'],
    [4294967295, 'ceffffffff'],
    [4294967296, 'cf0000000100000000'],
    [2 ** 53, 'cf0020000000000000'],
    [5.0, '05'],
    [-1, 'ff'],
    [-32, 'e0'],
    [-33, 'd0df'],
    [-128, 'd080'],
    [-129, 'd1ff7f'],
    [-32768, 'd18000'],
    [-32769, 'd2ffff7fff'],
    [-2147483648, 'd280000000'],
    [-2147483649, 'd3ffffffff7fffffff'],
    [-(2 ** 53), 'd3ffe0000000000000'],
    [2 ** 53 + 2, 'cb4340000000000001'],
    [1e300, 'cb7e37e43c8800759c'],
    [1.5, 'cb3ff8000000000000'],
    [NaN, 'c0'],
    [Infinity, 'c0'],
    [5n, '05'],
    [-5n, 'fb'],
    [2n ** 53n + 1n, 'cf0020000000000001'],
    [2n ** 63n - 1n, 'cf7fffffffffffffff'],
    [-(2n ** 63n), 'd38000000000000000'],
    [2n ** 63n, 'c71301' + text('9223372036854775808')],
    [-(2n ** 64n), 'c71501' + text('-18446744073709551616')],
    ['', 'a0'],
    ['a'.repeat(31), 'bf' + text('a'.repeat(31))],
    ['a'.repeat(32), 'd920' + text('a'.repeat(32))],
    ['a'.repeat(255), 'd9ff' + text('a'.repeat(255))],
    ['a'.repeat(256), 'da0100' + text('a'.repeat(256))],
    ['a'.repeat(65535), 'daffff' + text('a'.repeat(65535))],
    ['a'.repeat(65536), 'db00010000' + text('a'.repeat(65536))],
    ['é', 'a2c3a9'],
    ['é'.repeat(16), 'd920' + text('é'.repeat(16))],
    ['é'.repeat(200), 'da0190' + text('é'.repeat(200))],
    ['😀', 'a4f09f9880'],
    ['a\ud800b', 'a5' + text('a\ufffdb')],
    ['\udc00', 'a3efbfbd'],
    [[], '90'],
    [[1, 'a', null], '9301a161c0'],
    [{}, '80'],
    [{ b: 1, a: 2 }, '82a16102a16201'],
    [{ '\u{1F600}': 1, '\uFFFD': 2 }, '82a3efbfbd02a4f09f988001'],
    [new Map([['b', 1], ['a', 2]]), '82a16102a16201'],
    [new Set([1]), 'c0'],
    [new Date('2026-11-22T10:00:00Z'), 'b4' + text('2026-11-22T10:00:00Z')],
    [new Date('2026-11-22T10:00:00.120Z'), 'b7' + text('2026-11-22T10:00:00.12Z')],
    [new Date(NaN), 'c0'],
  ]
  for (const [value, want] of cases) assert.equal(packed(value), want, `of ${typeof value} ${String(value)}`.slice(0, 80))
})

test('text of any length has the head that its bytes need', () => {
  for (const unit of ['a', 'é', '€', '😀', 'aé', '\ud800']) {
    for (let n = 0; n < 300; n++) {
      const s = unit.repeat(n)
      const bytes = Buffer.from(s.toWellFormed())
      const head = bytes.length < 32 ? [0xa0 | bytes.length] : bytes.length < 256 ? [0xd9, bytes.length] : [0xda, bytes.length >> 8, bytes.length & 255]
      assert.equal(packed(s), Buffer.concat([Buffer.from(head), bytes]).toString('hex'), `${n} × ${unit}`)
    }
  }
})

test('lists and maps nest 16 deep, and what is deeper is null', () => {
  let v: unknown = 1
  for (let i = 0; i < 16; i++) v = [v]
  assert.equal(packed(v), '91'.repeat(16) + '01')
  assert.equal(packed([v]), '91'.repeat(16) + 'c0')
  const circle: Record<string, unknown> = {}
  circle['me'] = circle
  assert.equal(packed(circle), '81a26d65'.repeat(16) + 'c0')
})

test('more attributes than the engine takes are refused, not cut', () => {
  const attributes = Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`k${i}`, i]))
  assert.throws(() => written((w) => w.attributes(attributes)), ContextError)
})

test('an object of a class is no attribute', () => {
  assert.equal(packed(new (class { a = 1 })()), 'c0')
  assert.equal(packed(Object.create(null, { a: { value: 1, enumerable: true } })), '81a16101')
  assert.equal(packed(runInNewContext('({ a: 1 })')), '81a16101')
})

test('of two attributes whose names become the same the later counts', () => {
  assert.equal(written((w) => w.attributes({ 'a\ud800': 1, 'a\udc00': 2 })), '81a461efbfbd02')
})

test('sixteen attributes need another head than fifteen', () => {
  const some = (n: number): object => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${String(i).padStart(2, '0')}`, i]))
  assert.ok(written((w) => w.attributes(some(15))).startsWith('8fa36b3030'))
  assert.ok(written((w) => w.attributes(some(16))).startsWith('de0010a36b3030'))
})

test('what does not fit is refused, wherever it ends', () => {
  const value = { text: 'a'.repeat(40), long: 'é'.repeat(300), list: [1, 300, 70000, 2 ** 40, -5, -300, 1.5, 2n ** 70n], map: { a: true } }
  const size = packed(value).length / 2
  for (let room = 0; room < size; room++) {
    assert.throws(() => written((w) => w.attribute(value), room), (error) => error === full, `in ${room} bytes`)
  }
  assert.equal(written((w) => w.attribute(value), size), packed(value))
})
