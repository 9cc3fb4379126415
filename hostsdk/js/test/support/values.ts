import { readFileSync } from 'node:fs'

/** A value as `../../../testdata/values.json` has it, see README.md there. */
export type Typed = Readonly<Record<string, unknown>>

/** A case of `values.json`. */
export interface Case {
  readonly about: string
  readonly hosts?: readonly ('sdk' | 'provider' | 'ofrep')[]
  readonly flag: string
  readonly actor?: Typed
  readonly groups?: Typed
  readonly attributes?: Readonly<Record<string, Typed>>
  readonly roll?: string
  readonly as?: 'boolean' | 'string' | 'integer' | 'float' | 'object'
  readonly default?: never
  readonly loaded?: false
  readonly want: { readonly enabled: boolean; readonly reason: string; readonly gate: string; readonly value?: unknown; readonly error?: string }
}

interface Values {
  readonly snapshot: string
  readonly cases: readonly Case[]
}

const text = readFileSync(new URL('../../../testdata/values.json', import.meta.url), 'utf8')

export const values = JSON.parse(text) as Values

/** The flags of the cases, as they are written: some of their numbers are beyond what JavaScript can parse. */
export const flagsText = /^ "flags": (\[.*?^ \])/ms.exec(text)![1]!

/** Types that JavaScript doesn't have. */
const foreign = ['uuid', 'marshals', 'pointer', 'nil_pointer']

/**
 * Whether a host of this language has the types that a case needs. Its one type of number is the float, so that nothing can be
 * asked as an integer.
 */
export function possible({ actor, groups, attributes, as }: Case): boolean {
  return as !== 'integer' && !foreign.some((name) => `${JSON.stringify([actor, groups, attributes])}`.includes(`"${name}":`))
}

/** Whether a case can be asked over the network: with the server's own chance, and without functions. */
export function remote({ roll, loaded, groups }: Case): boolean {
  return roll === undefined && loaded === undefined && !(groups !== undefined && 'member' in groups)
}

/** Makes a value of this language. */
export function valueOf(typed: Typed | undefined): unknown {
  if (typed === undefined) return undefined
  const [[type, v]] = Object.entries(typed) as [[string, unknown]]
  switch (type) {
    case 'string':
    case 'bool':
      return v
    case 'surrogate':
      return '\ud800'
    case 'int':
      return Number.isSafeInteger(Number(v)) || v === '9007199254740992' ? Number(v) : BigInt(v as string)
    case 'bigint':
      return BigInt(v as string)
    case 'float':
      return Number(v)
    case 'null':
      return null
    case 'list':
      return (v as Typed[]).map(valueOf)
    case 'map':
      return Object.fromEntries(Object.entries(v as Record<string, Typed>).map(([name, item]) => [name, valueOf(item)]))
    case 'bytes':
      return new Uint8Array(Buffer.from(v as string, 'base64'))
    case 'time':
      return new Date(v as string)
    case 'prints':
      return new Printed(v as string)
    case 'id':
      return new Identified(v as Typed)
    case 'member':
      return (name: string): boolean => {
        if (v === null) throw new Error('no')
        return (v as string[]).includes(name)
      }
  }
  throw new Error(`unknown type ${type}`)
}

/** The attributes of a case. */
export function attributesOf({ attributes = {} }: Case): Record<string, never> {
  return valueOf({ map: attributes }) as Record<string, never>
}

class Printed {
  constructor(private readonly text: string) {}

  toString(): string {
    return this.text
  }
}

class Identified {
  constructor(private readonly id: Typed) {}

  get actorId(): unknown {
    if ('raises' in this.id) throw new Error('no')
    return valueOf(this.id)
  }
}
