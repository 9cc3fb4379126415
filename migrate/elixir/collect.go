package elixir

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gonfalon-flags/gonfalon/migrate"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

// An environment holds 32 MB of compiled flags, so a source beyond these limits can't be moved, and would only fill
// the memory.
const (
	MaxGates = 2_000_000
	MaxBytes = 256 << 20
)

// limits are variables for tests, which would need long to fill a store.
var limits = struct{ gates, bytes int64 }{MaxGates, MaxBytes}

// errTooLarge is the error of a source beyond the limits.
var errTooLarge = fmt.Errorf("it has more than %d gates or %d MB of text, which no environment can hold: is this the right table or prefix?", MaxGates, MaxBytes>>20)

// collector gathers what a store has.
type collector struct {
	library    reference.Library
	flags      map[string]*collected
	unreadable []migrate.Finding
	gates      int
	bytes      int64
	progress   func(migrate.Progress)
	again      int
}

// collected is a flag with its gates, and where each stands.
type collected struct {
	raises string
	gates  []placed
}

type placed struct {
	place string
	gate  reference.Gate
}

func newCollector(library reference.Library, again int, progress func(migrate.Progress)) *collector {
	return &collector{library: library, flags: map[string]*collected{}, again: again, progress: progress}
}

// count counts a row, and refuses one too many.
func (c *collector) count(bytes int) error {
	c.gates++
	c.bytes += int64(bytes)
	if int64(c.gates) > limits.gates || c.bytes > limits.bytes {
		return errTooLarge
	}
	if c.gates%1000 == 0 {
		c.report()
	}
	return nil
}

func (c *collector) report() {
	if c.progress != nil {
		c.progress(migrate.Progress{Flags: len(c.flags), Gates: c.gates, Again: c.again})
	}
}

// flag returns the flag of this name, which may be new.
func (c *collector) flag(name string) *collected {
	f := c.flags[name]
	if f == nil {
		f = &collected{}
		c.flags[name] = f
	}
	return f
}

// add adds a gate to a flag. Bandera skips a gate that it can't read; FunWithFlags then fails at every question.
func (c *collector) add(name, place string, g reference.Gate, err error) {
	f := c.flag(name)
	if err == nil && !utf8.ValidString(g.For) {
		err = errors.New("its target isn't valid UTF-8")
	}
	if err == nil {
		f.gates = append(f.gates, placed{place, g})
		return
	}
	found := migrate.Finding{Flag: name, Gate: place, Effect: migrate.Same, Detail: "it can't be read: " + err.Error() + ". Bandera skips it, and so it is left out here"}
	if c.library == reference.FunWithFlags {
		f.raises = "FunWithFlags can't read " + place + ": " + err.Error()
		found.Effect, found.Detail = migrate.Differs, "it can't be read: "+err.Error()+". FunWithFlags raises at every question about the flag; here the flag decides by its other gates"
		found.WayOut = "delete the row in the old store"
	}
	c.unreadable = append(c.unreadable, found)
}

// contents returns what was gathered, with gates in the order of their slots and, in Bandera, of their rows. The
// slots' order is ours; where a store has an order of its own, it matters for cycles only, which are named.
func (c *collector) contents() *contents {
	c.report()
	var flags []reference.Flag
	for _, name := range slices.Sorted(maps.Keys(c.flags)) {
		f := c.flags[name]
		slices.SortStableFunc(f.gates, func(a, b placed) int {
			if order := strings.Compare(a.gate.ID(), b.gate.ID()); order != 0 || c.library == reference.FunWithFlags {
				return order
			}
			return strings.Compare(a.place, b.place)
		})
		flag := reference.Flag{Name: name, Raises: f.raises, Gates: make([]reference.Gate, len(f.gates))}
		for i := range f.gates {
			flag.Gates[i] = f.gates[i].gate
		}
		flags = append(flags, flag)
		delete(c.flags, name) // so that a large store isn't in memory twice
	}
	slices.SortStableFunc(c.unreadable, func(a, b migrate.Finding) int { return strings.Compare(a.Flag+"\x00"+a.Gate, b.Flag+"\x00"+b.Gate) })
	return newContents(c.library, flags, c.unreadable)
}
