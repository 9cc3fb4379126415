//go:build !gonfalon_module

package engine

import (
	"strconv"
	"strings"
)

// Position is a place in an environment's history. Hosts name theirs to resume from it. The zero Position is the
// beginning.
type Position struct {
	Lineage  [LineageBytes]byte
	Revision int64         // it only rises within one lineage
	ID       [IDBytes]byte // the content id of the snapshot there; zero if it isn't known
}

// Position returns the snapshot's place in its environment's history, without the content id, which [Snapshot.ID]
// returns.
func (s *Snapshot) Position() Position {
	return Position{Lineage: [LineageBytes]byte([]byte(s.Lineage())), Revision: s.Revision()}
}

// String returns the lineage in hex, a dash and the revision, and another dash and the content id in hex if it is
// known.
func (p Position) String() string {
	text := hexOf(p.Lineage[:]) + "-" + strconv.FormatInt(p.Revision, 10)
	if p.ID != [IDBytes]byte{} {
		text += "-" + hexOf(p.ID[:])
	}
	return text
}

// ParsePosition reads what [Position.String] writes, with a content id or without.
func ParsePosition(text string) (p Position, ok bool) {
	lineage, rest, _ := strings.Cut(text, "-")
	revision, id, known := strings.Cut(rest, "-")
	n, err := strconv.ParseUint(revision, 10, 63)
	if err != nil || !readHex(p.Lineage[:], lineage) || known && !readHex(p.ID[:], id) {
		return Position{}, false
	}
	p.Revision = int64(n)
	return p, true
}

// hexOf returns b in hex. Package encoding/hex would bring os and time into the engine.
func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 2*len(b))
	for _, c := range b {
		text = append(text, digits[c>>4], digits[c&15])
	}
	return string(text)
}

// readHex fills b from a text that has exactly its length.
func readHex(b []byte, text string) bool {
	if len(text) != 2*len(b) {
		return false
	}
	for i := range b {
		n, err := strconv.ParseUint(text[2*i:2*i+2], 16, 8)
		if err != nil {
			return false
		}
		b[i] = byte(n)
	}
	return true
}

// Same reports whether p and q are the same place. Content ids count if both are known.
func (p Position) Same(q Position) bool {
	none := [IDBytes]byte{}
	return p.Lineage == q.Lineage && p.Revision == q.Revision && (p.ID == q.ID || p.ID == none || q.ID == none)
}

// Covers reports whether a host at p has what is at q: they are the same place, or p is later in the same lineage.
func (p Position) Covers(q Position) bool {
	return p.Same(q) || p.Lineage == q.Lineage && p.Revision > q.Revision
}
