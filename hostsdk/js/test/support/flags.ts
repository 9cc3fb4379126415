import { boolean, type Document } from './snapshots.ts'

/** A flag of each kind. */
export const document: Document = {
  flags: [
    boolean('on'),
    boolean('off', false),
    { key: 'for_actor', gates: [{ type: 'actor', target: 'user:7', enabled: true }, { type: 'actor', target: '42', enabled: true }] },
    { key: 'for_group', gates: [{ type: 'group', target: 'staff', enabled: true }, { type: 'group', target: 'équipe', enabled: true }] },
    { key: 'quarter', gates: [{ type: 'percentage_of_actors', ratio: 0.25 }] },
    { key: 'sometimes', gates: [{ type: 'percentage_of_time', ratio: 0.5 }] },
    {
      key: 'rule',
      gates: [
        {
          type: 'rule',
          enabled: true,
          constraints: [
            { attribute: 'plan', operator: 'eq', values: ['pro'] },
            { attribute: 'age', operator: 'gte', values: [18] },
          ],
        },
      ],
    },
    { key: 'segment', gates: [{ type: 'segment', target: 'adults', enabled: true }] },
    {
      key: 'hero',
      gates: [
        { type: 'boolean', enabled: true },
        {
          type: 'variant',
          variants: [
            { name: 'blue', weight: 1, payload: { hex: '#00f', sizes: [1, 2] } },
            { name: 'green', weight: 1, payload: { hex: '#0f0', sizes: [] } },
          ],
        },
      ],
    },
    { key: 'plain_variant', gates: [{ type: 'variant', variants: [{ name: 'only', weight: 1 }] }] },
    { key: 'limit', gates: [{ type: 'variant', variants: [{ name: 'ten', weight: 1, payload: 10 }] }] },
    { key: 'ratio', gates: [{ type: 'variant', variants: [{ name: 'half', weight: 1, payload: 0.5 }] }] },
    { key: 'title', gates: [{ type: 'variant', variants: [{ name: 'hello', weight: 1, payload: 'Grüße' }] }] },
    { key: 'shown', gates: [{ type: 'variant', variants: [{ name: 'no', weight: 1, payload: false }] }] },
    { key: 'killed', killed: true, gates: [{ type: 'boolean', enabled: true }] },
    {
      key: 'killed_variants',
      killed: true,
      gates: [{ type: 'variant', variants: [{ name: 'a', weight: 1 }] }],
    },
    {
      key: 'killed_off_variant',
      killed: true,
      off_variant: 'calm',
      gates: [{ type: 'variant', variants: [{ name: 'calm', weight: 0 }, { name: 'loud', weight: 1 }] }],
    },
    { key: 'child', gates: [{ type: 'boolean', enabled: true }, { type: 'prerequisite', target: 'off', enabled: true }] },
    { key: 'autumn', gates: [{ type: 'schedule', from: '2026-09-22T00:00:00Z', until: '2026-12-21T00:00:00Z' }] },
  ],
  segments: [{ key: 'adults', constraints: [{ attribute: 'age', operator: 'gte', values: [18] }] }],
}
