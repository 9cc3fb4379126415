import { createScanner, parse, printParseErrorCode, type ParseError } from 'jsonc-parser'
import { parseJSON } from './exact'

/** A piece of JSON text, and what kind of thing it is, for its colour. */
export interface Piece {
  readonly text: string
  readonly kind: '' | 'string' | 'number' | 'word' | 'wrong'
}

function kindOf(token: string): Piece['kind'] {
  if (token.startsWith('"')) return 'string'
  if (/^[-\d]/.test(token)) return 'number'
  if (/^(true|false|null)$/.test(token)) return 'word'
  return /^[\s{}[\]:,]/.test(token) ? '' : 'wrong'
}

/** Cuts a text into pieces, which together are the text. */
export function pieces(text: string): Piece[] {
  const scanner = createScanner(text, false)
  const found: Piece[] = []
  for (let at = 0; at < text.length; ) {
    scanner.scan()
    const token = text.slice(at, (at += scanner.getTokenLength()))
    found.push({ text: token, kind: scanner.getTokenError() ? 'wrong' : kindOf(token) })
  }
  return found
}

const says: Record<string, string> = {
  InvalidSymbol: 'this is no value; names and text stand in double quotes',
  InvalidNumberFormat: 'this is no number',
  PropertyNameExpected: 'a name in double quotes is missing',
  ValueExpected: 'a value is missing',
  ColonExpected: 'a colon is missing',
  CommaExpected: 'a comma is missing',
  CloseBraceExpected: 'a closing } is missing',
  CloseBracketExpected: 'a closing ] is missing',
  EndOfFileExpected: 'nothing can follow the value',
  InvalidCommentToken: 'a comment has no place here',
  UnexpectedEndOfString: 'a closing double quote is missing',
  UnexpectedEndOfNumber: 'digits are missing',
  InvalidUnicode: 'four hexadecimal digits have to follow \\u',
  InvalidEscapeCharacter: 'this character can’t follow \\',
  InvalidCharacter: 'a line break or control character in a text is written as \\n or \\u…',
}

/** Reads JSON, or says what is wrong with it, and at which line and column. */
export function read(text: string): { value: unknown } | { problem: string } {
  try {
    return { value: parseJSON(text) }
  } catch {
    const errors: ParseError[] = []
    parse(text, errors, { disallowComments: true, allowTrailingComma: false })
    const first = errors.sort((a, b) => a.offset - b.offset)[0]
    if (!first) return { problem: 'This is no JSON yet.' }
    const before = text.slice(0, first.offset).split('\n')
    return { problem: `Line ${before.length}, column ${before.at(-1)!.length + 1}: ${says[printParseErrorCode(first.error)] ?? 'this is no JSON'}.` }
  }
}
