//go:build gonfalon_module

package engine

// The module uses our own SHA-256.
// Why: RATIONALE.md "Why write SHA-256 ourselves when Go has it in the standard library?"

func scoreOf(b *[64]byte, n int32) uint16 { return ownScoreOf(b, n) }

func longScore(actor, key string) uint16 { return ownScore(actor, key) }

func contentID(s string, id *[IDBytes]byte) { ownSum(s, id) }
