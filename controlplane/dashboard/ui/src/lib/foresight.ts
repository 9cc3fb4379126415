import type { Preview, PreviewShare } from './api'

export interface Line {
  readonly icon: 'plus' | 'minus' | 'same' | 'dep' | 'warn'
  readonly strong: string
  readonly text: string
}

/** What a change would do: a sentence, what else changes or stays, and how exact that is. */
export interface Foresight {
  readonly lead: string
  readonly exact: string
  readonly lines: readonly Line[]
}

const tiny = 0.0005

/** A share in words with one decimal: "25.0 % of actors", "everyone". */
function part(share: number, of: string): string {
  if (share >= 1 - tiny) return of === 'answers' ? 'every answer' : 'everyone'
  return share < tiny ? `less than 0.1 % of ${of}` : `${(share * 100).toFixed(1)} % of ${of}`
}

function verb(share: PreviewShare, of: string, about: string): string {
  const one = (n: number): string => (n >= 1 - tiny ? 's' : '')
  const turns = (n: number, way: string): string => `${about}${part(n, of)} turn${one(n)} ${way}`
  if (share.turn_on > 0 && share.turn_off > 0) return `${turns(share.turn_on, 'on')}, ${turns(share.turn_off, 'off')}`
  if (share.turn_on > 0) return `${turns(share.turn_on, 'on')}, none turn off`
  if (share.turn_off > 0) return `${turns(share.turn_off, 'off')}, none turn on`
  if (share.variant_changed > 0) return `${about}${part(share.variant_changed, of)} change${one(share.variant_changed)} variant`
  return ''
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function changed(share: PreviewShare): boolean {
  return share.turn_on > 0 || share.turn_off > 0 || share.variant_changed > 0
}

/** One situation's change, for its name in front: "turn on", "turn off, 95.0 % of them". */
function change(share: PreviewShare): string {
  const of = (n: number): string => (n >= 1 - tiny ? '' : `, ${part(n, 'them')}`)
  const words: string[] = []
  if (share.turn_on > 0) words.push(`turn on${of(share.turn_on)}`)
  if (share.turn_off > 0) words.push(`turn off${of(share.turn_off)}`)
  if (words.length === 0) words.push(`change variant${of(share.variant_changed)}`)
  return words.join('; ')
}

const stays = (share: PreviewShare): string => (share.after >= 1 - tiny ? 'on' : share.after < tiny ? 'off' : `${(share.after * 100).toFixed(1)} % on`)

/** Says what a preview found. byTime is whether answers are drawn, so that shares are of answers. */
export function foresight(preview: Preview, byTime: boolean): Foresight {
  const of = byTime ? 'answers' : 'actors'
  const seen = new Set<string>()
  const situations = preview.situations.filter(({ who, query }) => {
    const id = who + JSON.stringify(query)
    return !seen.has(id) && seen.add(id)
  })
  const [everyone, ...others] = situations
  const lines: Line[] = []
  const about = everyone && !everyone.exact ? 'about ' : ''
  let lead = everyone ? verb(everyone, of, about) : ''
  for (const each of others) {
    if (!changed(each)) continue
    lines.push({ icon: each.turn_off > 0 ? 'minus' : each.turn_on > 0 ? 'plus' : 'dep', strong: each.who, text: change(each) })
  }
  const same = others.filter((each) => !changed(each) && each.who !== 'without an actor')
  if (same.length > 0 && same.length <= 4) lines.push({ icon: 'same', strong: '', text: `${same.map((each) => `${each.who} ${stays(each)}`).join(', ')}, as before` })
  else if (same.length > 0) lines.push({ icon: 'same', strong: '', text: `${same.length} other situations stay as they are` })
  if (preview.same_actors > 0) lines.push({ icon: 'same', strong: '', text: `${preview.same_actors} ${preview.same_actors === 1 ? 'actor that a gate names stays as it is' : 'actors that gates name stay as they are'}` })
  for (const [flag, share] of Object.entries(everyone?.dependants ?? {})) {
    if (changed(share)) lines.push({ icon: 'dep', strong: flag, text: `needs this flag: ${verb(share, of, share.exact ? '' : 'about ').replace(/, none turn o(n|ff)$/, '')}` })
  }
  for (const rule of preview.without_context) lines.push({ icon: 'warn', strong: rule, text: 'has no example to look at' })
  if (preview.omitted > 0) lines.push({ icon: 'warn', strong: '', text: `${preview.omitted} more situations were not looked at` })
  if (lead === '') {
    const first = lines.find((line) => line.icon === 'plus' || line.icon === 'minus')
    if (first) {
      lines.splice(lines.indexOf(first), 1)
      lead = `${first.strong} ${first.text}; no one else changes`
    } else lead = preview.difference.lines.length > 0 ? 'No decision changes' : 'Nothing changes yet'
  }
  return { lead: capital(lead) + '.', exact: everyone?.exact === false ? 'about: there are too many combinations to add up' : byTime ? 'exact, over all draws' : 'exact, from the hash of each actor', lines }
}
