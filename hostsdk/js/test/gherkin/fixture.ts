import { boolean, compile } from '../support/snapshots.ts'

const variant = (name: string, payload?: unknown): object => ({ type: 'variant', variants: [{ name, weight: 1, ...(payload !== undefined && { payload }) }] })
const rule = (...constraints: [attribute: string, operator: string, value: unknown][]): object => ({
  type: 'rule',
  enabled: true,
  constraints: constraints.map(([attribute, operator, value]) => ({ attribute, operator, values: [value] })),
})

/** A flag that is pinned to a value, whoever asks, is a killed one with an off variant. */
const pinned = (key: string, name: string, payload: unknown): object => ({ key, killed: true, off_variant: name, gates: [variant(name, payload)] })
const template = { showImages: true, title: 'Check out these pics!', imagesPerPage: 100 }

/** The flags of the suites. */
export const snapshot = compile({
  flags: [
    pinned('boolean-flag', 'on', true),
    pinned('string-flag', 'greeting', 'hi'),
    pinned('integer-flag', 'ten', 10),
    pinned('float-flag', 'half', 0.5),
    pinned('object-flag', 'template', template),
    pinned('boolean-zero-flag', 'zero', false),
    pinned('string-zero-flag', 'zero', ''),
    pinned('integer-zero-flag', 'zero', 0),
    pinned('float-zero-flag', 'zero', 0.0),
    pinned('object-zero-flag', 'zero', {}),
    pinned('wrong-flag', 'one', 'uno'),
    pinned('async-flag', 'on', true),
    ...['boolean', 'string', 'integer', 'float', 'object'].map((kind) => ({ key: `${kind}-disabled-flag`, killed: true, gates: [variant('on')] })),
    { key: 'hero', gates: [variant('blue')] },
    { key: 'split-ten', gates: [variant('ten', 10)] },
    { key: 'split-bool', gates: [variant('off', false)] },
    boolean('plain'),
    boolean('plain-off', false),
    { key: 'for-actor', gates: [{ type: 'actor', target: 'user:42', enabled: true }] },
    { key: 'half', gates: [{ type: 'percentage_of_actors', ratio: 0.5 }] },
    { key: 'for-mail', gates: [rule(['email', 'eq', 'ada@example.com'])] },
    { key: 'for-adults', gates: [rule(['age', 'gte', 18])] },
    { key: 'for-strangers', gates: [rule(['customer', 'eq', false])] },
    { key: 'for-some', gates: [rule(['country', 'eq', 'NL'], ['seats', 'gt', 10], ['trial', 'eq', false])] },
    { key: 'killed', killed: true, gates: [{ type: 'boolean', enabled: true }] },
    { key: 'after-unmet', gates: [{ type: 'boolean', enabled: true }, { type: 'prerequisite', target: 'plain-off', enabled: true }] },
  ],
})
