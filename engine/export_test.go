package engine

// For tests in package engine_test, which may import engine/flagset and engine/snapshot.

const (
	KindString  = kindString
	KindInt     = kindInt
	KindInteger = kindInteger
	KindFloat   = kindFloat
)

func Numeric(s string) (k kind, bits uint64) { return numeric(s) }

// Compare compares the texts of two numbers.
func Compare(a, b string) int32 {
	ka, va := numeric(a)
	kb, vb := numeric(b)
	return compare(&number{ka, va, a}, &number{kb, vb, b})
}

func OwnScore(actor, key string) uint16 { return ownScore(actor, key) }

func OwnShortScore(actor, key string) uint16 {
	var b [64]byte
	copy(b[copy(b[:], actor):], key)
	return ownScoreOf(&b, int32(len(actor)+len(key)))
}

const ShortScore = shortScore

func OwnSum(s string) (id [IDBytes]byte) { ownSum(s, &id); return }

// MatchFirst runs the snapshot's first program.
func (s *Snapshot) MatchFirst(text string) bool {
	var m machine
	return s.match(&s.programs[0], text, &m, new(budget))
}

// Reseal returns data with the right content id.
func Reseal(data []byte) []byte {
	id := OwnSum(string(data[:len(data)-IDBytes]))
	return append(data[:len(data)-IDBytes:len(data)-IDBytes], id[:]...)
}

func Hash(s string) uint64 { return hash(s) }
