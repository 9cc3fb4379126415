package feed

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/engine"
)

// Position is a point in an environment's history.
type Position struct {
	Lineage  [engine.LineageBytes]byte
	Revision int64
}

// String returns the lineage in hex, a dash, and the revision.
func (p Position) String() string {
	return hex.EncodeToString(p.Lineage[:]) + "-" + strconv.FormatInt(p.Revision, 10)
}

// ParsePosition reads what [Position.String] writes.
func ParsePosition(text string) (Position, bool) {
	var p Position
	lineage, revision, found := strings.Cut(text, "-")
	if !found || len(lineage) != 2*len(p.Lineage) {
		return Position{}, false
	}
	if _, err := hex.Decode(p.Lineage[:], []byte(lineage)); err != nil {
		return Position{}, false
	}
	n, err := strconv.ParseInt(revision, 10, 64)
	if err != nil || n < 0 {
		return Position{}, false
	}
	p.Revision = n
	return p, true
}

// positionOf returns a state's position.
func positionOf(st *model.State) Position { return Position{st.Head.LineageID(), st.Head.Revision} }

// ahead reports whether a host is ahead of a state, because it comes from a replica that was faster.
func (p Position) ahead(st *model.State) bool {
	return p.Lineage == st.Head.LineageID() && p.Revision > st.Head.Revision
}
