/**
 * Finds words in texts, with at most one character more between two letters: "newpay" in "new_payment". It takes one step for each
 * character of a text, whatever the words are.
 * Why: RATIONALE.md "Why does the dashboard search by code of its own?"
 */

const mostLetters = 31 // of a word, one bit each; a longer one was pasted
const mostText = 200 // of several words; a longer one was pasted, too

class Word {
  private readonly places = new Map<number, number>() // of each letter, as bits

  constructor(private readonly text: string) {
    for (let i = 0; i < text.length; i++) this.places.set(text.charCodeAt(i), (this.places.get(text.charCodeAt(i)) ?? 0) | (1 << i))
  }

  /** Goes through a text until the word has been seen, and returns where that is; -1 if it isn't there. Keeps which beginnings end at each place. */
  private end(hay: string, begun?: number[]): number {
    const whole = 1 << (this.text.length - 1)
    let [last, before] = [0, 0]
    for (let i = 0; i < hay.length; i++) {
      const now = (((last | before) << 1) | 1) & (this.places.get(hay.charCodeAt(i)) ?? 0)
      if (begun) begun[i] = now
      if (now & whole) return i
      ;[before, last] = [last, now]
    }
    return -1
  }

  isIn(hay: string): boolean {
    return this.text.length > mostLetters ? hay.includes(this.text) : this.end(hay) >= 0
  }

  /** Returns where its letters are in a text that has it, if possible side by side. */
  placesIn(hay: string): readonly number[] {
    const from = hay.indexOf(this.text)
    if (from >= 0) return Array.from({ length: this.text.length }, (_, i) => from + i)
    const begun: number[] = []
    let at = this.end(hay, begun)
    const found = [at]
    for (let letter = this.text.length - 2; letter >= 0; letter--) {
      at -= (begun[at - 1]! >> letter) & 1 ? 1 : 2
      found.unshift(at)
    }
    return found
  }
}

/** What is looked for: all words of a text, in any order, without regard to case and to what separates words in a key. */
export class Words {
  private readonly words: readonly Word[]

  constructor(text: string) {
    const plain = text.trim().toLowerCase()
    const words = plain.length > mostText ? [plain] : plain.split(/[\s_.:-]+/u).filter(Boolean)
    this.words = (words.length > 0 || plain === '' ? words : [plain]).map((each) => new Word(each))
  }

  /** Reports whether a text, in small letters, has all of them. */
  areIn(hay: string): boolean {
    return this.words.every((word) => word.isIn(hay))
  }

  /** Returns where they are in a text that has them, as pairs of a beginning and an end, and how unlike the text is: 0 for no words. */
  rangesIn(text: string): { readonly ranges: readonly number[]; readonly unlike: number } {
    const hay = text.toLowerCase()
    const letters = new Set<number>()
    let unlike = this.words.length > 0 ? hay.length / 1000 : 0
    for (const word of this.words) {
      const places = word.placesIn(hay)
      const [first, last] = [places[0]!, places.at(-1)!]
      unlike += last - first + 1 - places.length + (first === 0 ? 0 : /[\p{L}\p{N}]/u.test(hay[first - 1]!) ? 2 : 0.5)
      for (const place of places) letters.add(place)
    }
    const sorted = [...letters].sort((a, b) => a - b)
    return { ranges: sorted.flatMap((at, i) => [...(sorted[i - 1] === at - 1 ? [] : [at]), ...(sorted[i + 1] === at + 1 ? [] : [at + 1])]), unlike }
  }
}
