package controlplane

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// state is one environment at one revision. It is immutable, and shares the records that didn't change with other states.
type state struct {
	env      string
	head     head
	headAt   int64     // the revision of the head's key in the store, which guards a change
	at       int64     // the store's revision up to which the state is applied
	flags    []*record // ascending by key
	segments []*record
	applied  time.Time

	snapshot   *Snapshot // made on demand
	references *references
}

// references holds the problems between flags and segments, which are found on demand. States share them unless they differ in how flags
// refer to each other, and most changes are only about who gets a flag.
type references struct {
	once     sync.Once
	problems []flagset.Problem
}

func newState(env string, h head, headAt, at int64, flags, segments []*record) *state {
	s := &state{env: env, head: h, headAt: headAt, at: at, flags: flags, segments: segments, applied: time.Now(), references: &references{}}
	s.snapshot = &Snapshot{state: s}
	return s
}

// list returns the state's records of a kind.
func (s *state) list(kind snapshot.Kind) []*record {
	if kind == snapshot.FlagRecord {
		return s.flags
	}
	return s.segments
}

func (s *state) record(kind snapshot.Kind, key string) *record {
	list := s.list(kind)
	if i, found := find(list, key); found {
		return list[i]
	}
	return nil
}

func (s *state) flag(key string) *record    { return s.record(snapshot.FlagRecord, key) }
func (s *state) segment(key string) *record { return s.record(snapshot.SegmentRecord, key) }

func find(list []*record, key string) (int, bool) {
	return slices.BinarySearchFunc(list, key, func(r *record, key string) int { return strings.Compare(r.key(), key) })
}

// replacements holds records to put, and nil for records to delete.
type replacements struct {
	flags    map[string]*record
	segments map[string]*record
}

func (r *replacements) of(kind snapshot.Kind) *map[string]*record {
	if kind == snapshot.FlagRecord {
		return &r.flags
	}
	return &r.segments
}

func (r *replacements) set(kind snapshot.Kind, key string, to *record) {
	m := r.of(kind)
	if *m == nil {
		*m = map[string]*record{}
	}
	(*m)[key] = to
}

func (r *replacements) len() int { return len(r.flags) + len(r.segments) }

// merge returns a list with the replacements made. It shares the records that aren't replaced.
func merge(list []*record, with map[string]*record) []*record {
	if len(with) == 0 {
		return list
	}
	merged := make([]*record, 0, len(list)+len(with))
	put := make([]*record, 0, len(with))
	for _, r := range with {
		if r != nil {
			put = append(put, r)
		}
	}
	slices.SortFunc(put, func(a, b *record) int { return strings.Compare(a.key(), b.key()) })
	for _, r := range list {
		for len(put) > 0 && put[0].key() < r.key() {
			merged, put = append(merged, put[0]), put[1:]
		}
		if _, replaced := with[r.key()]; !replaced {
			merged = append(merged, r)
		}
	}
	return append(merged, put...)
}

// with returns the state with another head and some records replaced.
func (s *state) with(h head, headAt, at int64, r replacements) *state {
	next := newState(s.env, h, headAt, at, merge(s.flags, r.flags), merge(s.segments, r.segments))
	if h.Conflict == s.head.Conflict && !s.refersElse(r) {
		next.references = s.references
	}
	return next
}

// refersElse reports whether replacements change how flags and segments refer to each other, or which of them exist.
func (s *state) refersElse(r replacements) bool {
	for _, kind := range []snapshot.Kind{snapshot.FlagRecord, snapshot.SegmentRecord} {
		for key, after := range *r.of(kind) {
			before := s.record(kind, key)
			if before == nil || after == nil || !slices.Equal(before.meta.Needs, after.meta.Needs) {
				return true
			}
		}
	}
	return false
}

// referenceProblems returns the problems between flags and segments.
func (s *state) referenceProblems() []flagset.Problem {
	s.references.once.Do(func() { s.references.problems = referenceProblems(s.head.settings(), s.flags, s.segments) })
	return s.references.problems
}

func referenceProblems(settings flagset.Settings, flags, segments []*record) []flagset.Problem {
	set := flagset.Set{Settings: settings}
	for _, r := range flags {
		set.Flags = append(set.Flags, r.skeleton())
	}
	for _, r := range segments {
		set.Segments = append(set.Segments, flagset.Segment{Key: r.key()})
	}
	return flagset.ValidateReferences(&set)
}

// users returns the keys of the flags that need a flag or a segment, ascending.
func users(flags []*record, kind flagset.GateType, target string) []string {
	var keys []string
	for _, r := range flags {
		if r.needs(kind, target) {
			keys = append(keys, r.key())
		}
	}
	return keys
}

// checkSize refuses an environment that no snapshot could hold.
func checkSize(env string, flags, segments []*record) error {
	const overhead = 256 // for the header; a generous guess
	size := overhead + len(env)
	var counts snapshot.Counts
	for _, list := range [][]*record{flags, segments} {
		for _, r := range list {
			counts = counts.Add(r.compiled.Counts)
			size += len(r.key()) + len(r.compiled.Body) + 16
		}
	}
	if size > engine.MaxSnapshotBytes {
		return &Error{Code: TooLarge, Message: fmt.Sprintf("the environment's snapshot would be larger than %d bytes", engine.MaxSnapshotBytes)}
	}
	for i, n := range countsList(counts) {
		most := engine.MaxItems
		switch i {
		case 0:
			most = engine.MaxFlags
		case 1:
			most = engine.MaxSegments
		case 2:
			most = engine.MaxSlots
		}
		if n > most {
			return &Error{Code: TooLarge, Message: fmt.Sprintf("the environment would have %d %s, more than %d", n, countNames[i], most)}
		}
	}
	return nil
}

var countNames = [12]string{"flags", "segments", "target slots", "rules", "constraints", "values", "variants", "prerequisites", "schedules",
	"patterns", "pattern instructions", "pattern ranges"}

// set returns the environment in the authoring model. It reads the documents that were not read before.
func (s *state) set() (*flagset.Set, error) {
	set := &flagset.Set{Settings: s.head.settings()}
	for _, r := range s.flags {
		if err := r.read(); err != nil {
			return nil, err
		}
		set.Flags = append(set.Flags, r.flag)
	}
	for _, r := range s.segments {
		if err := r.read(); err != nil {
			return nil, err
		}
		set.Segments = append(set.Segments, r.segment)
	}
	return set, nil
}

// compiled returns all compiled records.
func (s *state) compiled() []snapshot.Record {
	records := make([]snapshot.Record, 0, len(s.flags)+len(s.segments))
	for _, list := range [][]*record{s.segments, s.flags} {
		for _, r := range list {
			records = append(records, r.compiled)
		}
	}
	return records
}

func (s *state) header() snapshot.Header {
	return snapshot.Header{Environment: s.env, Lineage: s.head.lineage(), Revision: s.head.Revision, Settings: s.head.settings()}
}
