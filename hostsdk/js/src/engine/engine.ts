import type { Context, Json } from '../context.js'
import { bitFixed, bitTarget, bitVariant, decision, reasonOf, reasonUnknownFlag, type Decision } from '../decision.js'
import { silent } from '../log.js'
import { Misuse } from '../misuse.js'
import { timeless, type Clock } from './clock.js'
import { explanation, type Explanation } from './explanation.js'
import { ContextError } from './context_error.js'
import { maxSnapshotBytes, Memory } from './memory.js'
import { instantiate, type Exports } from './module.js'
import { needsOf, type Needs } from './needs.js'
import { hexAt, Reader } from './reader.js'
import type { Encoded } from './prepared.js'
import { isNeeds, RequestWriter, type Asked } from './request.js'
import { LoadError } from './load_error.js'

/** Room for a request to begin with; it grows when a context doesn't fit. */
const leastRequest = 64 << 10

/** Keys that are no flag's, and are remembered nevertheless: a program asks for a few such flags, an attacker for any number. */
const maxUnknown = 1000
const maxKey = 1000

/** Bytes of a result record. */
const recordBytes = 32

/** What a snapshot says about itself. */
export interface SnapshotInfo {
  readonly environment: string
  /** Content id, 64 hex digits. */
  readonly id: string
  /** 32 hex digits; another one after an environment was created anew or restored. */
  readonly lineage: string
  readonly revision: number
  /** Lineage, revision and content id, as requests have them. */
  readonly position: string
  readonly flags: number
  readonly segments: number
  /** Flags and segments that a newer control plane wrote in a form that the engine can't read; such a flag is off. */
  readonly unreadable: number
}

interface Variant {
  readonly name: string
  readonly payload: Json | undefined
  /** Why there is no payload, if it can't be read. */
  readonly error: Error | undefined
}

/**
 * One instance of the module with one snapshot. JavaScript runs one call at a time, and a call made from within another one is
 * noticed, so it needs no lock.
 *
 * A trap throws `WebAssembly.RuntimeError`; the instance is then of no use any more, and whoever owns it makes another.
 */
export class Engine {
  readonly info: SnapshotInfo
  private readonly exports: Exports
  private readonly memory: Memory
  private readonly requests: RequestWriter

  /** By index in the snapshot, which is stable for the life of the instance. */
  private readonly variants: (Variant | undefined)[] = []
  /** What flags need, by key. */
  private readonly needs = new Map<string, Needs>()
  private flagKeys: readonly string[] | undefined

  /**
   * Loads a snapshot into a new instance.
   *
   * @throws LoadError if the engine refuses it.
   */
  constructor(module: WebAssembly.Module, snapshot: Uint8Array, misuse = new Misuse(silent)) {
    const exports = (this.exports = instantiate(module))
    const memory = (this.memory = new Memory(exports, (value) => misuse.value('attribute', value)))
    const at = snapshot.length > maxSnapshotBytes ? 0 : exports.snapshot(snapshot.length) >>> 0
    if (at === 0) throw new LoadError(1, 0)
    memory.refresh()
    memory.bytes.set(snapshot, at)
    const code = exports.load(snapshot.length)
    memory.refresh()
    if (code !== 0) throw new LoadError(code, memory.word(0))
    memory.reserve(leastRequest)
    this.requests = new RequestWriter(memory, (asked) => this.groupsOf(asked), misuse)
    exports.info()
    memory.refresh()
    const [lineage, id] = [hexAt(memory.bytes, memory.word(3), 16), hexAt(memory.bytes, memory.word(2), 32)]
    const revision = (BigInt(memory.word(5)) << 32n) | BigInt(memory.word(4))
    this.info = {
      environment: memory.text(memory.result, 0),
      id,
      lineage,
      revision: Number(revision),
      position: `${lineage}-${revision}-${id}`,
      flags: memory.word(6),
      segments: memory.word(7),
      unreadable: memory.word(8),
    }
  }

  /** The packed decision of one flag: all of it that needs no text. */
  evaluate(key: string, context: Context | undefined, clock: Clock): number {
    const needs = this.needs.get(key) ?? this.learn(key)
    if (needs.fixed !== undefined) return needs.fixed
    const packed = this.exports.evaluate(this.requests.write(needs, context, clock))
    if (packed < 0) throw failed(packed)
    this.memory.refresh()
    return packed
  }

  /** The variant of the last {@link evaluate}, which gave `packed`; undefined if none was served. */
  variant(packed: number): Variant | undefined {
    return (packed & bitVariant) === 0 ? undefined : this.variantOf(this.memory.result)
  }

  decide(key: string, context: Context | undefined, clock: Clock): Decision {
    return this.decisionOf(key, this.evaluate(key, context, clock), this.memory.result)
  }

  /**
   * Decides many flags for one context, with one crossing for each 1,024 of them.
   *
   * @param keys the flags; null: all, ascending by key.
   */
  decideAll(keys: readonly string[] | null, context: Context | undefined, clock: Clock): Decision[] {
    const { exports, memory } = this
    const names = keys ?? this.keys()
    const asked = keys === null ? null : keys.map((key) => this.needs.get(key) ?? key)
    const size = this.requests.write(asked, context, clock, names.length)
    const decisions: Decision[] = []
    while (decisions.length < names.length) {
      const n = exports.evaluate_batch(size, decisions.length)
      if (n <= 0) throw failed(n)
      memory.refresh()
      let record = memory.word(0)
      for (let i = n; i > 0; i--, record += recordBytes) {
        decisions.push(this.decisionOf(names[decisions.length]!, memory.words[record >>> 2]!, record))
      }
    }
    return decisions
  }

  explain(key: string, context: Context | undefined, clock: Clock): Explanation {
    const { exports, memory } = this
    // Both answers are of one request, so that time and chance are the same for them.
    const request = this.writeAll(key, context, clock)
    const packed = exports.evaluate(request)
    if (packed < 0) throw failed(packed)
    memory.refresh()
    const decided = this.decisionOf(key, packed, memory.result)
    const size = exports.explain(request)
    if (size < 0) throw failed(size)
    memory.refresh()
    const at = memory.word(0)
    return explanation(decided, new Reader(memory.bytes, at, at + size).value())
  }

  /** Writes a request with the whole context; if that is beyond a limit, with the part that the flag looks at. */
  private writeAll(key: string, context: Context | undefined, clock: Clock): number {
    try {
      return this.requests.write(key, context, clock)
    } catch (error) {
      if (!(error instanceof ContextError)) throw error
      return this.requests.write(this.needs.get(key) ?? this.learn(key), context, clock)
    }
  }

  /** Writes a context once, for many decisions of this instance. */
  encode(context: Context): Encoded {
    return this.requests.encode(context)
  }

  /** Keys of all flags, ascending. */
  keys(): readonly string[] {
    if (this.flagKeys !== undefined) return this.flagKeys
    const keys: string[] = []
    while (this.exports.flag_key(keys.length) === 0) keys.push(this.memory.text(this.memory.result, 0))
    return (this.flagKeys = keys)
  }

  /**
   * The bytes of the snapshot that a delta makes of this one. They still have to be loaded, which checks their id.
   *
   * @throws LoadError if the delta is for another snapshot, or is broken.
   */
  splice(delta: Uint8Array): Uint8Array<ArrayBuffer> {
    const { exports, memory } = this
    if (delta.length > maxSnapshotBytes) throw new LoadError(1, 0)
    this.requests.begin()
    memory.put(delta)
    const code = exports.splice(delta.length)
    memory.refresh()
    if (code !== 0) throw new LoadError(code, memory.word(0))
    return memory.slice(memory.result, 0)
  }

  /** Decides a request of `wasm/ABI.md` as it stands. For conformance and differential tests. */
  evaluateRequest(request: Uint8Array): RawDecision {
    const { memory } = this
    this.requests.begin()
    memory.put(request)
    const packed = this.exports.evaluate(request.length)
    memory.refresh()
    const nothing = new Uint8Array(0)
    if (packed < 0) return { packed, variantIndex: 0, variant: nothing, payload: nothing, target: nothing }
    const bytes = (word: number): Uint8Array => memory.slice(memory.result, word)
    return { packed, variantIndex: memory.word(1), variant: bytes(2), payload: bytes(4), target: bytes(6) }
  }

  /** Every group that a decision of these flags can ask for. */
  private groupsOf(asked: Asked): Iterable<string> {
    if (isNeeds(asked)) {
      if (asked.attributes !== undefined) return asked.groups
      asked = null // it visits more flags than are listed
    }
    const flags = typeof asked === 'string' ? [asked] : (asked ?? this.keys())
    return new Set(flags.flatMap((flag) => (typeof flag === 'string' ? (this.needs.get(flag) ?? this.learn(flag)) : flag).groups))
  }

  /** Asks the module what a flag needs, and whether it is decided already. */
  private learn(key: string): Needs {
    const { exports, memory } = this
    const size = this.requests.write(key, undefined, timeless)
    const length = exports.needs(size)
    if (length < 0) throw failed(length)
    memory.refresh()
    const at = memory.word(0)
    const answer = new Reader(memory.bytes, at, at + length).value()
    const packed = exports.evaluate(size)
    memory.refresh()
    const fixed = (packed & (bitFixed | bitVariant | bitTarget)) === bitFixed || reasonOf(packed) === reasonUnknownFlag
    const needs = needsOf(answer, fixed ? packed : undefined)
    const memorable = key.length <= maxKey && this.needs.size < this.info.flags + maxUnknown
    if (needs.number >= 0 || memorable) this.needs.set(key, needs)
    return needs
  }

  private decisionOf(key: string, packed: number, record: number): Decision {
    const variant = (packed & bitVariant) === 0 ? undefined : this.variantOf(record)
    const target = (packed & bitTarget) === 0 ? undefined : this.memory.text(record, 6)
    return decision(key, packed, variant, target, this.info.revision)
  }

  /** The variant of a result record. Its texts are read once in the life of an instance. */
  private variantOf(record: number): Variant {
    const { memory } = this
    const index = memory.words[(record >>> 2) + 1]!
    let variant = this.variants[index]
    if (variant === undefined) {
      variant = { name: memory.text(record, 2), ...payloadOf(memory.text(record, 4)) }
      this.variants[index] = variant
    }
    return variant
  }
}

/** A decision as the module gives it. `packed` below 0 is an error of `wasm/ABI.md`. */
export interface RawDecision {
  readonly packed: number
  readonly variantIndex: number
  readonly variant: Uint8Array
  readonly payload: Uint8Array
  readonly target: Uint8Array
}

function failed(code: number): Error {
  return new Error(code === -1 ? 'the engine found the request malformed' : `the engine answered ${code}`)
}

/** Reads a payload. One that no compiler wrote costs its own decisions their value, and no others. */
function payloadOf(text: string): Pick<Variant, 'payload' | 'error'> {
  if (text === '') return { payload: undefined, error: undefined }
  try {
    return { payload: freeze(JSON.parse(text) as Json), error: undefined }
  } catch {
    return { payload: undefined, error: new Error("the payload of the variant can't be read") } // JSON.parse's own error repeats it
  }
}

function freeze(v: Json): Json {
  if (typeof v === 'object' && v !== null) {
    for (const item of Object.values(v)) freeze(item as Json)
    Object.freeze(v)
  }
  return v
}
