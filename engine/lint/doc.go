// Package lint finds what is valid in flags and yet most likely not meant: gates that change nothing, constraints that
// no context meets, shares that nobody gets.
//
// # The model
//
// [Rules] are what is looked for, each with its reason and a mend. [Check] looks at a set, and returns a [Finding] for
// each place that one speaks of. What only a control plane knows, such as when a flag was last evaluated, comes as [Facts].
//
// # Promises
//
//   - Removing a gate that is called dead or shadowed changes no decision, whatever the context.
//   - A set without findings is not proved right. Rules say nothing where they aren't sure, except for notes.
//   - The findings depend on the set and the facts alone: time is one of the facts.
//
// # Caveats
//
// Findings of the rule invalid are the problems that a write would be refused for; package flagset has their limits.
package lint
