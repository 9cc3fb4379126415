#!/usr/bin/env node
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { bitEnabled } from '../decision.js'
import { Engine } from '../engine/engine.js'
import { compileModule, decodeBase64 } from '../engine/module.js'

const usage = `usage: gonfalon-conformance [--json FILE] FILE…

Asks the engine in this package every case of files that "gonfalon conformance --emit-cases" wrote, and compares enabled, variant
and score with what the reference implementations answered. It prints every failure, the reason of every skip and, last, the
totals; the exit status is 1 if anything failed, 2 if it can't be asked.

  --json FILE   write what was answered to this file, one JSON object for each case
`

interface Case {
  readonly file: string
  readonly id: number
  readonly family: string
  readonly flag: string
  readonly snapshot?: string
  readonly request?: string
  /** What is left out is not compared. */
  readonly expect?: { readonly enabled?: boolean; readonly variant?: string | null; readonly score16?: number }
  readonly skipped?: string
}

interface Answer {
  readonly enabled: boolean
  readonly variant: string | null
  /** Null if the decision needed none. */
  readonly score16: number | null
}

class Runner {
  passed = 0
  failed = 0
  readonly skips = new Map<string, number>()
  private snapshot: string | undefined
  private engine: Engine | undefined

  constructor(private readonly module: WebAssembly.Module) {}

  /** Asks one case, and gives what was answered; undefined for one that is skipped. */
  run(c: Case): Answer | undefined {
    if (c.skipped !== undefined) {
      this.skips.set(c.skipped, (this.skips.get(c.skipped) ?? 0) + 1)
      return undefined
    }
    try {
      const answer = this.ask(c)
      const wrong = compare(c.expect!, answer)
      if (wrong.length > 0) this.fail(c, wrong.join(', '))
      else this.passed++
      return answer
    } catch (error) {
      this.fail(c, error instanceof Error ? error.message : String(error))
      return undefined
    }
  }

  private ask({ snapshot, request, expect }: Case): Answer {
    if (snapshot === undefined || request === undefined || expect === undefined) throw new Error('the case has no snapshot, request or expectation')
    if (this.engine === undefined || this.snapshot !== snapshot) {
      this.engine = new Engine(this.module, decodeBase64(snapshot))
      this.snapshot = snapshot
    }
    const { packed, variantIndex, variant } = this.engine.evaluateRequest(decodeBase64(request))
    if (packed < 0) throw new Error(`the engine answered ${packed}`)
    const score = (packed >>> 9) & 0x1ffff
    return {
      enabled: (packed & bitEnabled) !== 0,
      variant: variantIndex === 0 ? null : new TextDecoder().decode(variant),
      score16: score === 0 ? null : score - 1,
    }
  }

  private fail(c: Case, why: string): void {
    this.failed++
    console.log(`FAIL ${c.file} ${c.id} (${c.family}) flag ${JSON.stringify(c.flag)}: ${why}`)
  }
}

function compare(expect: NonNullable<Case['expect']>, answer: Answer): string[] {
  const wrong: string[] = []
  const say = (what: string, got: unknown, want: unknown): void => void wrong.push(`${what} is ${JSON.stringify(got)}, not ${JSON.stringify(want)}`)
  if (expect.enabled !== undefined && answer.enabled !== expect.enabled) say('enabled', answer.enabled, expect.enabled)
  if (expect.variant !== undefined && answer.variant !== expect.variant) say('variant', answer.variant, expect.variant)
  if (expect.score16 !== undefined && answer.score16 !== null && answer.score16 !== expect.score16) say('score16', answer.score16, expect.score16)
  return wrong
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' }, help: { type: 'boolean', short: 'h' } } })
  if (values.help) {
    console.log(usage)
    return 0
  }
  if (positionals.length === 0) throw new TypeError('no files are given')
  const runner = new Runner(await compileModule())
  const json = values.json === undefined ? undefined : await open(values.json, 'w')
  try {
    for (const file of positionals) {
      let number = 0
      for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
        number++
        if (line.trim() === '') continue
        let c: Case
        try {
          c = JSON.parse(line) as Case
        } catch (error) {
          throw new TypeError(`${file}:${number}: ${(error as Error).message}`)
        }
        const answer = runner.run(c)
        const head = { file: c.file, id: c.id }
        await json?.write(JSON.stringify(c.skipped === undefined ? { ...head, ...answer } : { ...head, skipped: c.skipped }) + '\n')
      }
    }
  } finally {
    await json?.close()
  }
  let skipped = 0
  for (const [reason, n] of runner.skips) {
    console.log(`skipped ${n}: ${reason}`)
    skipped += n
  }
  console.log(`${runner.passed} passed, ${runner.failed} failed, ${skipped} skipped`)
  return runner.failed > 0 ? 1 : 0
}

main().then(
  (status) => (process.exitCode = status),
  (error: unknown) => {
    console.error(`gonfalon-conformance: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    process.exitCode = 2
  },
)
