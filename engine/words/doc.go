// Package words says what a flag's gates do: in a few phrases for a list, and gate by gate in the order in which the
// engine decides. The API, the command line and the dashboard show these words, so they all say the same.
//
// # Promises
//
//   - The words depend on the flags alone, and not on the time: they stay the same until something is changed.
//   - A name or a value that could be taken for our own words is quoted as in JSON, with control and direction
//     characters escaped, and cut if it is long. Package explain quotes in the same way.
//   - Their length is bounded, however many gates a flag has. What is left out is counted.
package words
