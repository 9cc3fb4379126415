package engine_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

func TestPositionsAreReadAsTheyAreWritten(t *testing.T) {
	for text, want := range map[string]engine.Position{
		strings.Repeat("00", 16) + "-0":                                      {},
		"ff" + strings.Repeat("00", 15) + "-7":                               {Lineage: [16]byte{255}, Revision: 7},
		"01" + strings.Repeat("00", 15) + "-9223372036854775807":             {Lineage: [16]byte{1}, Revision: math.MaxInt64},
		"01" + strings.Repeat("00", 15) + "-7-02" + strings.Repeat("00", 31): {Lineage: [16]byte{1}, Revision: 7, ID: [32]byte{2}},
	} {
		got, ok := engine.ParsePosition(text)
		if !ok || got != want {
			t.Errorf("%s is read as %v, %t", text, got, ok)
		}
		if want.String() != text {
			t.Errorf("%s is written as %s", text, want)
		}
	}
}

func TestOtherTextsAreNoPosition(t *testing.T) {
	lineage := strings.Repeat("00", 16)
	for _, text := range []string{
		"", "-", "7", lineage, lineage + "-", lineage + "--1", lineage + "-+1", lineage + "-1 ", lineage + "-9223372036854775808", "0" + lineage + "-1",
		lineage[1:] + "x-1", lineage + "-1-", lineage + "-1-00", lineage + "-1-" + strings.Repeat("0x", 32), lineage + "-1-" + strings.Repeat("00", 32) + "-1",
	} {
		if p, ok := engine.ParsePosition(text); ok || p != (engine.Position{}) {
			t.Errorf("%q is read as %v", text, p)
		}
	}
}

func TestWhatAPositionCovers(t *testing.T) {
	at := engine.Position{Lineage: [16]byte{1}, Revision: 7, ID: [32]byte{1}}
	with := func(change func(*engine.Position)) engine.Position {
		p := at
		change(&p)
		return p
	}
	for name, c := range map[string]struct {
		q            engine.Position
		same, covers bool
	}{
		"itself":           {at, true, true},
		"an unknown id":    {with(func(p *engine.Position) { p.ID = [32]byte{} }), true, true},
		"another id":       {with(func(p *engine.Position) { p.ID[0] = 2 }), false, false},
		"before":           {with(func(p *engine.Position) { p.Revision, p.ID = 6, [32]byte{2} }), false, true},
		"after":            {with(func(p *engine.Position) { p.Revision = 8 }), false, false},
		"another lineage":  {with(func(p *engine.Position) { p.Lineage[0] = 2 }), false, false},
		"an older lineage": {with(func(p *engine.Position) { p.Lineage[0], p.Revision = 2, 1 }), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := at.Same(c.q); got != c.same || c.q.Same(at) != got {
				t.Errorf("the same: %t", got)
			}
			if got := at.Covers(c.q); got != c.covers {
				t.Errorf("covers: %t", got)
			}
		})
	}
}
