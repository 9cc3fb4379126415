// Package migrate moves flags in from another system, and proves that nobody's flag changes.
//
// # Model
//
// A [Source] is where flags are. [Source.Read] reads all of them once, and the [Contents] that it returns can do two
// things: [Contents.Describe] says what they are here, with a [Finding] for everything that isn't carried as it is, and
// [Contents.Decide] answers a question by the source's own rules. [Merge] fits a description into what an environment
// has, and [Verify] asks source and result the same questions.
//
// There is one package per kind of source: package elixir has Bandera and FunWithFlags.
//
// # Promises
//
//   - A source is only read.
//   - What can't be said exactly here is named, with a way out. Nothing is renamed or approximated in silence.
//   - Reading is bounded in memory, and each step of it in time.
//   - What people added here, such as a description or a kill, stays when the same flag is imported again.
package migrate
