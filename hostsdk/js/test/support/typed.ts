/** A value as `../../../testdata/values.json` has it, see README.md there. This file also runs in a page. */
export type Typed = Readonly<Record<string, unknown>>

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
    case 'repeated': {
      const [of, times] = v as [Typed, number]
      return Array<unknown>(times).fill(valueOf(of))
    }
    case 'map':
      return Object.fromEntries(Object.entries(v as Record<string, Typed>).map(([name, item]) => [name, valueOf(item)]))
    case 'bytes':
      return Uint8Array.from(atob(v as string), (c) => c.charCodeAt(0))
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
export function attributesOf({ attributes = {} }: { readonly attributes?: Readonly<Record<string, Typed>> }): Record<string, never> {
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
