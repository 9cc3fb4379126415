package engine

// Score is the actor's place for a flag: the first two bytes, big-endian, of SHA-256(actor ‖ key). Divided by 65536 it is in
// [0, 1). Percentages and variants go by it, so that an actor keeps its answer as long as a ratio only rises.
func Score(actor, key string) uint16 {
	n := int32(len(actor) + len(key))
	if n > shortScore {
		return longScore(actor, key)
	}
	var b [64]byte
	copy(b[copy(b[:], actor):], key)
	return scoreOf(&b, n)
}

// shortScore is what one SHA-256 block holds: longer input takes the long way.
const shortScore = 55
