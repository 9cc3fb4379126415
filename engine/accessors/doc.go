// Package accessors writes source code with a function for each question that a program can ask about a flag. A misspelt
// flag then doesn't compile, and a payload has a type.
//
// # The model
//
// [Of] finds out what can be asked about each flag of a set: whether it is on, which of its variants is served and, if
// variants have payloads, the payload, whose [Type] follows from the payloads that are there. A [Language] writes that
// as a file. Every language has the same three functions for a flag, named after its key:
//
//	newCheckout         whether the flag is on
//	newCheckoutVariant  the variant that is served, as one of a type of its own
//	newCheckoutPayload  the payload, as a type of its own if it is an object
//
// # Promises
//
//   - The same set makes the same file, and a name never comes to mean another flag. Flags that would have the same
//     name, such as new-ui and new_ui, all get a part of their key's hash, so that programs with the plain name no
//     longer compile.
//   - What was added later does no harm: a variant that the file doesn't know, or a payload without a member that it has
//     always had, is the caller's default, in every language.
//   - No text of a flag ends a comment or a string of the file.
//
// # Caveats
//
// Types are made of the payloads that are there. A member that one payload lacks, or has as null, is optional; one that
// has several types is untyped.
package accessors
