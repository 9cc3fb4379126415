package elixir

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/migrate"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

// contents is what a store has, prepared to decide.
type contents struct {
	library    reference.Library
	flags      []reference.Flag // sorted by name, with segments under their reserved names
	unreadable []migrate.Finding
	store      *reference.Store
	origins    map[string]string // the name in the store of a flag that was renamed
}

func newContents(library reference.Library, flags []reference.Flag, unreadable []migrate.Finding) *contents {
	flags = slices.Clone(flags)
	slices.SortStableFunc(flags, func(a, b reference.Flag) int { return strings.Compare(a.Name, b.Name) })
	return &contents{library: library, flags: flags, unreadable: unreadable, store: reference.NewStore(flags, library.Conflict()), origins: map[string]string{}}
}

// New returns the contents of a store that has these flags.
func New(library reference.Library, flags []reference.Flag) migrate.Contents {
	return newContents(library, flags, nil)
}

// segment returns the name of the segment that a flag holds.
func (c *contents) segment(flag string) (name string, is bool) {
	if c.library != reference.Bandera {
		return "", false
	}
	return strings.CutPrefix(flag, reference.SegmentPrefix)
}

// Decide answers as the library does.
func (c *contents) Decide(flag string, s *migrate.Subject, now time.Time, draw func(string) int) (migrate.Answer, error) {
	q := reference.Question{Actor: s.Actor, Groups: s.Groups, Now: now.UnixMicro(), Draw: draw}
	if len(s.Attributes) > 0 {
		context, err := reference.Value(s.Attributes)
		if err != nil {
			return migrate.Answer{}, err
		}
		q.Context = context.(map[string]any)
	}
	a, err := c.store.Decide(flag, &q)
	if err != nil {
		return migrate.Answer{}, err
	}
	variant, err := c.store.Variant(flag, &q)
	return migrate.Answer{Enabled: a.Enabled, By: a.By, Variant: variant}, err
}

// Edges returns the draws around the ratios of time that the flag, or one that it requires, has.
func (c *contents) Edges(flag string) []int {
	edges := map[int]bool{}
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		i, found := slices.BinarySearchFunc(c.flags, name, func(f reference.Flag, name string) int { return strings.Compare(f.Name, name) })
		if !found || seen[name] {
			return
		}
		seen[name] = true
		for _, g := range c.flags[i].Gates {
			switch g.Type {
			case reference.Prerequisite:
				visit(g.For)
			case reference.PercentageOfTime:
				last := int(math.Floor(g.Ratio * 10_000))
				for _, n := range []int{1, last - 1, last, last + 1, last + 2, 10_000} {
					if n >= 1 && n <= 10_000 {
						edges[n] = true
					}
				}
			}
		}
	}
	visit(flag)
	return slices.Sorted(maps.Keys(edges))
}

// Rename returns the contents with other names, also where prerequisites name them.
func (c *contents) Rename(names map[string]string) migrate.Contents {
	if len(names) == 0 {
		return c
	}
	renamed := func(name string) string {
		if to, is := names[name]; is {
			return to
		}
		return name
	}
	var flags []reference.Flag
	for _, f := range c.flags {
		f.Name, f.Gates = renamed(f.Name), slices.Clone(f.Gates)
		for i := range f.Gates {
			if g := &f.Gates[i]; g.Type == reference.Prerequisite {
				g.For = renamed(g.For)
			}
		}
		flags = append(flags, f)
	}
	unreadable := slices.Clone(c.unreadable)
	for i := range unreadable {
		unreadable[i].Flag = renamed(unreadable[i].Flag)
	}
	r := newContents(c.library, flags, unreadable)
	maps.Copy(r.origins, c.origins)
	for from, to := range names {
		r.origins[to] = from
	}
	return r
}
