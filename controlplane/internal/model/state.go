package model

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// State is one environment at one revision. It is immutable, and shares the records that didn't change with other
// states.
type State struct {
	Env      string
	Head     Head
	HeadAt   int64     // the revision of the head's key in the store, which guards a change
	At       int64     // the store's revision up to which the state is applied
	Flags    []*Record // ascending by key
	Segments []*Record
	Applied  time.Time

	// Unreadable holds the records that this build can't read, by kind and key. Those whose Value is set are not in the
	// lists, or are there in an earlier version.
	Unreadable map[string]*Unreadable

	references *references
}

// references holds the problems between flags and segments, which are found on demand. States share them unless they
// differ in how flags refer to each other, and most changes are only about who gets a flag.
type references struct {
	once     sync.Once
	problems []flagset.Problem
}

// NewState returns the state of an environment. Both lists ascend by key.
func NewState(env string, h Head, headAt, at int64, flags, segments []*Record) *State {
	return &State{Env: env, Head: h, HeadAt: headAt, At: at, Flags: flags, Segments: segments, Applied: time.Now(), references: &references{}}
}

// List returns the state's records of a kind.
func (s *State) List(kind snapshot.Kind) []*Record {
	if kind == snapshot.FlagRecord {
		return s.Flags
	}
	return s.Segments
}

// Records yields all segments, and then all flags, each ascending by key.
func (s *State) Records() iter.Seq[*Record] {
	return func(yield func(*Record) bool) {
		for _, list := range [][]*Record{s.Segments, s.Flags} {
			for _, r := range list {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// Record returns a record, or nil.
func (s *State) Record(kind snapshot.Kind, key string) *Record {
	list := s.List(kind)
	if i, found := find(list, key); found {
		return list[i]
	}
	return nil
}

// Flag returns a flag, or nil.
func (s *State) Flag(key string) *Record { return s.Record(snapshot.FlagRecord, key) }

// Segment returns a segment, or nil.
func (s *State) Segment(key string) *Record { return s.Record(snapshot.SegmentRecord, key) }

func find(list []*Record, key string) (int, bool) {
	return slices.BinarySearchFunc(list, key, func(r *Record, key string) int { return strings.Compare(r.Key(), key) })
}

// Replacements holds records to put, and nil for records to delete, by kind and key.
type Replacements [2]map[string]*Record

// Set notes that a record is to be put, or deleted if it is nil.
func (r *Replacements) Set(kind snapshot.Kind, key string, to *Record) {
	if r[kind] == nil {
		r[kind] = map[string]*Record{}
	}
	r[kind][key] = to
}

// Len returns how many records are put or deleted.
func (r *Replacements) Len() int { return len(r[snapshot.FlagRecord]) + len(r[snapshot.SegmentRecord]) }

// Merge returns a list with the replacements made. It shares the records that aren't replaced.
func Merge(list []*Record, with map[string]*Record) []*Record {
	if len(with) == 0 {
		return list
	}
	merged := make([]*Record, 0, len(list)+len(with))
	put := make([]*Record, 0, len(with))
	for _, r := range with {
		if r != nil {
			put = append(put, r)
		}
	}
	slices.SortFunc(put, func(a, b *Record) int { return strings.Compare(a.Key(), b.Key()) })
	for _, r := range list {
		for len(put) > 0 && put[0].Key() < r.Key() {
			merged, put = append(merged, put[0]), put[1:]
		}
		if _, replaced := with[r.Key()]; !replaced {
			merged = append(merged, r)
		}
	}
	return append(merged, put...)
}

// With returns the state with another head and some records replaced.
func (s *State) With(h Head, headAt, at int64, r Replacements) *State {
	next := NewState(s.Env, h, headAt, at, Merge(s.Flags, r[snapshot.FlagRecord]), Merge(s.Segments, r[snapshot.SegmentRecord]))
	if h.Conflict == s.Head.Conflict && !s.refersElse(r) {
		next.references = s.references
	}
	next.Unreadable = s.Unreadable
	for kind := range r {
		for key := range r[kind] {
			if name := kindName(snapshot.Kind(kind)) + "/" + key; next.Unreadable[name] != nil {
				next.Unreadable = maps.Clone(next.Unreadable)
				delete(next.Unreadable, name)
			}
		}
	}
	return next
}

// refersElse reports whether replacements change how flags and segments refer to each other, or which of them exist.
func (s *State) refersElse(r Replacements) bool {
	for kind := range r {
		for key, after := range r[kind] {
			before := s.Record(snapshot.Kind(kind), key)
			if before == nil || after == nil || !slices.Equal(before.Meta.Needs, after.Meta.Needs) {
				return true
			}
		}
	}
	return false
}

// ReferenceProblems returns the problems between flags and segments.
func (s *State) ReferenceProblems() []flagset.Problem {
	s.references.once.Do(func() { s.references.problems = referenceProblems(s.Head.Settings(), s.Flags, s.Segments) })
	return s.references.problems
}

func referenceProblems(settings flagset.Settings, flags, segments []*Record) []flagset.Problem {
	set := flagset.Set{Settings: settings}
	for _, r := range flags {
		set.Flags = append(set.Flags, r.skeleton())
	}
	for _, r := range segments {
		set.Segments = append(set.Segments, flagset.Segment{Key: r.Key()})
	}
	return flagset.ValidateReferences(&set)
}

// Users returns the keys of the flags that need a flag or a segment, ascending.
func Users(flags []*Record, kind flagset.GateType, target string) []string {
	var keys []string
	for _, r := range flags {
		if r.needs(kind, target) {
			keys = append(keys, r.Key())
		}
	}
	return keys
}

// CheckSize refuses an environment that no snapshot could hold.
func (s *State) CheckSize() error {
	const overhead = 256 // for the header; a generous guess
	size := overhead + len(s.Env)
	var counts snapshot.Counts
	for r := range s.Records() {
		counts = counts.Add(r.Compiled.Counts)
		size += len(r.Key()) + len(r.Compiled.Body) + 16
	}
	if size > engine.MaxSnapshotBytes {
		return &api.Error{Code: api.TooLarge, Message: fmt.Sprintf("the environment's snapshot would be larger than %d bytes", engine.MaxSnapshotBytes)}
	}
	for c := range engine.Counts {
		if n := counts[c]; int64(n) > c.Max() {
			return &api.Error{Code: api.TooLarge, Message: fmt.Sprintf("the environment would have %d %s, more than %d", n, c, c.Max())}
		}
	}
	return nil
}

// Set returns the environment in the authoring model.
func (s *State) Set() (*flagset.Set, error) {
	if err := s.Readable(); err != nil {
		return nil, err
	}
	set := &flagset.Set{Settings: s.Head.Settings()}
	for f, err := range s.EachFlag() {
		if err != nil {
			return nil, err
		}
		set.Flags = append(set.Flags, f)
	}
	for g, err := range s.EachSegment() {
		if err != nil {
			return nil, err
		}
		set.Segments = append(set.Segments, g)
	}
	return set, nil
}

// EachFlag yields the flags' documents, which nobody keeps.
func (s *State) EachFlag() iter.Seq2[flagset.Flag, error] {
	return each(s.Flags, (*Record).Flag)
}

// EachSegment yields the segments' documents, which nobody keeps.
func (s *State) EachSegment() iter.Seq2[flagset.Segment, error] {
	return each(s.Segments, (*Record).Segment)
}

func each[T any](list []*Record, document func(*Record) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, r := range list {
			r = r.bare()
			if err := r.Read(); err != nil {
				var none T
				yield(none, err)
				return
			}
			if !yield(document(r), nil) {
				return
			}
		}
	}
}

// Compiled returns all compiled records.
func (s *State) Compiled() []snapshot.Record {
	records := make([]snapshot.Record, 0, len(s.Flags)+len(s.Segments))
	for r := range s.Records() {
		records = append(records, r.Compiled)
	}
	return records
}

// Header returns the header of the environment's snapshot.
func (s *State) Header() snapshot.Header {
	return snapshot.Header{Environment: s.Env, Lineage: s.Head.LineageID(), Revision: s.Head.Revision, Settings: s.Head.Settings()}
}

// Closure returns flags with the parents and segments that they need, as far as those exist.
func (s *State) Closure(keys []string) ([]*Record, error) {
	var flags, segments []*Record
	taken := map[string]bool{}
	for _, key := range keys {
		if u := s.UnreadableRecord(snapshot.FlagRecord, key); u != nil {
			return nil, u.Refusal()
		}
		if s.Flag(key) == nil {
			return nil, NoFlag(key)
		}
	}
	queue := slices.Clone(keys)
	for len(queue) > 0 {
		r := s.Flag(queue[0])
		queue = queue[1:]
		if r == nil || taken["flag/"+r.Key()] {
			continue
		}
		taken["flag/"+r.Key()] = true
		flags = append(flags, r)
		for _, n := range r.Meta.Needs {
			if n.Type == flagset.Prerequisite {
				queue = append(queue, n.Target)
			} else if g := s.Segment(n.Target); g != nil && !taken["segment/"+n.Target] {
				taken["segment/"+n.Target] = true
				segments = append(segments, g)
			}
		}
	}
	return append(segments, flags...), nil
}

// Dependants returns the flags that need a flag, directly or indirectly, ascending.
func (s *State) Dependants(key string) []string {
	found := map[string]bool{key: true}
	queue := []string{key}
	var list []string
	for len(queue) > 0 {
		for _, user := range Users(s.Flags, flagset.Prerequisite, queue[0]) {
			if !found[user] {
				found[user] = true
				list, queue = append(list, user), append(queue, user)
			}
		}
		queue = queue[1:]
	}
	slices.Sort(list)
	return list
}
