// OpenFeature's scenarios: those of the specification, as the Python SDK keeps them, and those about flags as Gonfalon has them, as
// the Go SDK does. They are read in place.
export default {
  paths: ['../go/openfeature/testdata/*.feature', '../python/tests/provider/*.feature'],
  import: ['test/gherkin/*.steps.ts'],
  // What of the specification's suite can't be asked of these flags:
  tags: [
    'not @targeting', // variants go by the actor's place among all actors, not by rules
    'not @context-handling', // its flags choose a variant by a rule
    'not @metadata', // a flag's metadata is Gonfalon's own
    'not @reason-codes-cached', // decisions are made anew each time, never cached
  ].join(' and '),
  format: ['summary'],
}
