package gonfalon

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// quiet is a logger of tests that expect trouble.
var quiet = slog.New(slog.DiscardHandler)

// lineage is one made of a letter, over and over.
func lineage(letter byte) (l [engine.LineageBytes]byte) {
	for i := range l {
		l[i] = letter
	}
	return l
}

// compiled is a snapshot of flags in their JSON form, at a revision of lineage "a".
func compiled(t testing.TB, revision int64, flags ...string) []byte {
	t.Helper()
	return compiledIn(t, snapshot.Header{Environment: DefaultEnvironment, Lineage: lineage('a'), Revision: revision}, flags...)
}

func compiledIn(t testing.TB, h snapshot.Header, flags ...string) []byte {
	t.Helper()
	set := parsed(t, flags...)
	data, problems := snapshot.Compile(h, set, snapshot.Strict)
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	return data
}

// parsed reads flags in their JSON form; one that begins with "segment " is a segment.
func parsed(t testing.TB, flags ...string) *flagset.Set {
	t.Helper()
	var all, segments []string
	for _, f := range flags {
		if s, ok := strings.CutPrefix(f, "segment "); ok {
			segments = append(segments, s)
		} else {
			all = append(all, f)
		}
	}
	set, problems := flagset.ParseSet([]byte(fmt.Sprintf(`{"flags": [%s], "segments": [%s]}`, strings.Join(all, ","), strings.Join(segments, ","))))
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	return &set
}

// Flags that most tests use.
const (
	flagOn    = `{"key": "on", "gates": [{"type": "boolean", "enabled": true}]}`
	flagOff   = `{"key": "off", "gates": [{"type": "boolean", "enabled": false}]}`
	flagActor = `{"key": "actor", "gates": [{"type": "actor", "target": "user:42", "enabled": true}]}`
	flagGroup = `{"key": "group", "gates": [{"type": "group", "target": "staff", "enabled": true}]}`
	flagHalf  = `{"key": "half", "gates": [{"type": "percentage_of_actors", "ratio": 0.5}]}`
	flagTime  = `{"key": "time", "gates": [{"type": "percentage_of_time", "ratio": 0.5}]}`
	flagRule  = `{"key": "rule", "gates": [{"type": "rule", "enabled": true, "constraints": [{"attribute": "plan", "operator": "eq", "values": ["pro"]}]}]}`
	flagHero  = `{"key": "hero", "gates": [{"type": "boolean", "enabled": true}, {"type": "variant", "variants": [{"name": "blue", "weight": 1, "payload": {"hex": "#00f"}}]}]}`
	flagChild = `{"key": "child", "gates": [{"type": "boolean", "enabled": true}, {"type": "prerequisite", "target": "group", "enabled": true}]}`
	flagSoon  = `{"key": "soon", "gates": [{"type": "schedule", "from": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z"}]}`
)

var flags = []string{flagOn, flagOff, flagActor, flagGroup, flagHalf, flagTime, flagRule, flagHero, flagChild, flagSoon}

// booted is a client of these flags and nothing else.
func booted(t testing.TB, flags ...string) *Client {
	t.Helper()
	c, err := New(t.Context(), Config{Bootstrap: compiled(t, 1, flags...), Logger: quiet, ReadyWithin: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
