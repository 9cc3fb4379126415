#!/usr/bin/env node
/**
 * Decides pairs of snapshot and request from a file, for comparison with another host byte by byte.
 *
 *     gonfalon-differential PAIRS DECISIONS
 *
 * PAIRS has, for each pair, two records, each with its length before it (u32, little-endian): the snapshot's bytes, or length 0
 * for that of the pair before; then the request's bytes. DECISIONS gets, for each pair, the packed decision (u32, little-endian),
 * then the variant's name, its payload and the deciding gate's target, each with its length before it. A snapshot or request that
 * the module refuses gives 0xffffffff and three empty texts. `-` is standard input or output.
 *
 * What a program could ask is asked again as a program would, by a context as it comes and by one prepared, which leave out of
 * their requests what the flag doesn't need. Another decision than that of the request ends it.
 */
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { Engine } from '../engine/engine.js'
import { PreparedContext } from '../engine/prepared.js'
import { compileModule } from '../engine/module.js'
import { LoadError } from '../engine/load_error.js'
import { questionOf } from './question.js'

/** Reads byte strings, each with its length before it. */
class Records {
  private rest: Uint8Array = new Uint8Array(0)
  private readonly chunks: AsyncIterator<Uint8Array>

  constructor(stream: Readable) {
    this.chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  }

  /** The next one; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const head = await this.take(4)
    if (head.length === 0) return undefined
    if (head.length === 4) {
      const size = new DataView(head.buffer, head.byteOffset).getUint32(0, true)
      const body = await this.take(size)
      if (body.length === size) return body
    }
    throw new Error('the file ends in the middle of a record')
  }

  private async take(size: number): Promise<Uint8Array> {
    const parts = [this.rest]
    for (let have = this.rest.length; have < size; have += parts.at(-1)!.length) {
      const { done, value } = await this.chunks.next()
      if (done) break
      parts.push(value)
    }
    const all = parts.length === 1 ? this.rest : Buffer.concat(parts)
    this.rest = all.subarray(Math.min(size, all.length))
    return all.subarray(0, size)
  }
}

const refused = Buffer.concat([Buffer.alloc(4, 0xff), Buffer.alloc(12)])

function written(engine: Engine, request: Uint8Array): Buffer {
  const { packed, variant, payload, target } = engine.evaluateRequest(request)
  if (packed < 0) return refused
  askAgain(engine, request, packed)
  const numbers = [packed, variant.length, payload.length, target.length].map((n) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(n)
    return bytes
  })
  return Buffer.concat([numbers[0]!, numbers[1]!, variant, numbers[2]!, payload, numbers[3]!, target])
}

let again = 0

function askAgain(engine: Engine, request: Uint8Array, packed: number): void {
  const question = questionOf(engine, request)
  if (question === undefined) return
  const { key, context, clock } = question
  again++
  const prepared = new PreparedContext(context)
  for (const asked of [context, prepared]) {
    const answer = engine.evaluate(key, asked, clock)
    if (answer !== packed) throw new Error(`${Buffer.from(request).toString('hex')} is 0x${packed.toString(16)}, asked by a ${asked === prepared ? 'prepared ' : ''}context 0x${answer.toString(16)}`)
  }
}

/** Writes a decision for each pair, and gives how many. */
async function decide(records: Records, out: NodeJS.WritableStream): Promise<number> {
  const module = await compileModule()
  let engine: Engine | undefined
  for (let count = 0; ; count++) {
    const snapshot = await records.next()
    if (snapshot === undefined) return count
    const request = await records.next()
    if (request === undefined) throw new Error('the file ends in the middle of a pair')
    if (snapshot.length > 0) {
      engine = undefined
      try {
        engine = new Engine(module, snapshot)
      } catch (error) {
        if (!(error instanceof LoadError)) throw error
      }
    }
    if (!out.write(engine === undefined ? refused : written(engine, request))) await once(out, 'drain')
  }
}

async function main(arguments_: string[]): Promise<void> {
  const [pairs, decisions] = arguments_
  if (pairs === undefined || decisions === undefined || arguments_.length !== 2) throw new Error('usage: gonfalon-differential PAIRS DECISIONS')
  const out = decisions === '-' ? process.stdout : createWriteStream(decisions)
  const count = await decide(new Records(pairs === '-' ? process.stdin : createReadStream(pairs)), out)
  if (out !== process.stdout) {
    out.end()
    await once(out, 'finish')
  }
  console.error(`${count} decided, ${again} of them again by contexts`)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`gonfalon-differential: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
})
