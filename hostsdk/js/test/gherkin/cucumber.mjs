// OpenFeature's steps: Gonfalon's own scenarios, which every SDK reads in place; and, if OPENFEATURE_GHERKIN names the folder
// specification/assets/gherkin of a copy of https://github.com/open-feature/spec, those of the specification too.
import { join } from 'node:path'

const official = process.env.OPENFEATURE_GHERKIN

export default {
  paths: ['../go/openfeature/testdata/*.feature', ...(official ? ['evaluation_v2.feature', 'hooks.feature'].map((name) => join(official, name)) : [])],
  import: ['test/gherkin/*.steps.ts'],
  // What can't be asked:
  tags: [
    'not @integers', // JavaScript has one type of number
    'not @targeting', // variants go by the actor's place among all actors, not by rules
    'not @context-handling', // the specification's flags choose a variant by a rule
    'not @metadata', // a flag's metadata is Gonfalon's own
    'not @reason-codes-cached', // decisions are made anew each time, never cached
  ].join(' and '),
  format: ['summary'],
}
