package engine

// Score returns the actor's score for a flag: the first two bytes, big-endian, of SHA-256(actor ‖ key). Divided by
// 65536 it lies in [0, 1). Percentages and variants depend on it alone, so an actor keeps the feature while its ratio
// rises.
func Score(actor, key string) uint16 {
	n := int32(len(actor) + len(key))
	if n > shortScore {
		return longScore(actor, key)
	}
	var b [64]byte
	copy(b[copy(b[:], actor):], key)
	return scoreOf(&b, n)
}

// shortScore is how many bytes fit into one SHA-256 block. Longer input takes the slow path.
const shortScore = 55
