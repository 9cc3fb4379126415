/**
 * JSON as the server has it, with whole numbers of any size: one that a number of JavaScript can't hold is a bigint, so that whoever saves
 * a flag doesn't change the numbers in its payloads. A browser that can't write such a number reads it as near as it can.
 */

type Revive = (key: string, value: unknown, context?: { readonly source: string }) => unknown

const raw = (JSON as { rawJSON?: (text: string) => unknown }).rawJSON
if (raw) Object.assign(BigInt.prototype, { toJSON: toRaw })

function toRaw(this: bigint): unknown {
  return raw!(this.toString())
}

const revive: Revive = (_key, value, context) => (typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context!.source) : value)

/** Reads JSON. */
export function parseJSON(text: string): unknown {
  return raw && /\d{16}/.test(text) ? JSON.parse(text, revive as (key: string, value: unknown) => unknown) : JSON.parse(text)
}

/** Reads a whole number, in digits. */
export function wholeNumber(digits: string): number | bigint | undefined {
  const n = Number(digits)
  return Number.isSafeInteger(n) ? n : raw ? BigInt(digits) : undefined
}
