import type { Attribute, Context } from '../context.js'
import type { Clock } from '../engine/clock.js'
import type { Engine } from '../engine/engine.js'
import { Reader, type Value } from '../engine/reader.js'
import type { Piece } from '../engine/writer.js'

/** A request as a program would ask it. */
export interface Question {
  readonly key: string
  readonly context: Context
  readonly clock: Clock
}

/**
 * The question that a request for one flag puts; undefined if no program can put it so: the SDK would write another actor, other
 * groups or other attributes than the request has.
 */
export function questionOf(engine: Engine, request: Uint8Array): Question | undefined {
  try {
    const reader = new Reader(request)
    if (reader.arrayHead() !== 6) return undefined
    const part = (): [Value, Uint8Array] => {
      const { at } = reader
      const value = reader.value()
      return [value, request.subarray(at, reader.at)]
    }
    const [[key], [actor, actorBytes], [groups, groupBytes], [now], [roll], [attributes, attributeBytes]] = [part(), part(), part(), part(), part(), part()]
    if (typeof key !== 'string' || !(attributes instanceof Map) || !Array.isArray(groups) || reader.at !== request.length) return undefined
    const context: Context = {
      actor: typeof actor === 'string' ? actor : actor === false ? { actorId: null } : undefined,
      groups: groups.length === 0 ? undefined : (groups as string[]),
      attributes: Object.fromEntries(attributes as Map<string, Attribute>),
    }
    const encoded = engine.encode(context)
    const same = written(encoded.actor, actorBytes) && written(encoded.groups, groupBytes) && written(encoded.attributes, attributeBytes)
    const [high, low] = halves(roll as number | bigint)
    return same ? { key, context, clock: { now: () => Number(now) / 1000, roll: () => [high, low] } } : undefined
  } catch {
    return undefined
  }
}

function written(piece: Piece | undefined, bytes: Uint8Array): boolean {
  if (piece === undefined) return false
  const { words, size } = piece
  return size === bytes.length && bytes.every((byte, i) => byte === ((words[i >>> 2]! >>> (8 * (i & 3))) & 0xff))
}

function halves(roll: number | bigint): [high: number, low: number] {
  const bits = BigInt.asUintN(64, BigInt(roll))
  return [Number(bits >> 32n), Number(bits & 0xffffffffn)]
}
