// Package foresight says whose decision a change of one flag would change, before it is made.
//
// # The model
//
// A decision depends on who asks in two ways. What the gates name (an actor, a group, what a rule compares) makes a
// [Situation]: [Compare] makes one for everyone that no gate names, one without an actor, and one for each name and each
// rule, of the flag and of those that it requires or that require it. Within a situation only the actor's scores and
// chance are left. A flag's own gates then say the same for whole ranges of scores, so one actor for each range is
// decided by the engine, and the sizes of the ranges are added up. Scores of different flags are independent, so the
// shares of prerequisites are multiplied.
//
// # Promises
//
//   - Shares are exact, for all 65,536 scores and 10,000 draws, unless a situation says that it isn't.
//   - The engine decides. This package only knows where a decision may change, and how prerequisites combine; a test
//     compares both with the engine, score by score.
//   - What wasn't looked at is counted: names beyond the limits, and rules for which no context could be made.
//
// # Caveats
//
// A situation names one thing, or two of different flags. An actor in several groups, or one that meets several rules of
// one flag, is not among them: give such contexts yourself.
package foresight
