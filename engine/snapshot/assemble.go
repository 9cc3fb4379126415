package snapshot

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/internal/pack"
)

// Format is the snapshot format that this package writes.
const Format = 1

// Header is what a snapshot says about itself.
type Header struct {
	Environment string   // the environment's key
	Lineage     [16]byte // random, new when an environment is created or restored
	Revision    int64    // the revision of the environment's last change: 0 or more; it only rises within one lineage
	Settings    flagset.Settings
}

// ErrDuplicate says that two records of one kind have the same key.
var ErrDuplicate = errors.New("two records have the same key")

// Assemble makes a snapshot of records, in any order. It loads the result with the engine before it returns it; an
// error says what the engine refuses, such as too many records.
func Assemble(h Header, records []Record) ([]byte, error) {
	data, err := assemble(h, records)
	if err != nil {
		return nil, err
	}
	if _, err := engine.Load(data); err != nil {
		return nil, fmt.Errorf("the engine refuses the snapshot: %w", err)
	}
	return data, nil
}

// Compile validates and compiles a whole set. Strict returns no bytes if anything is wrong; Tolerant returns none only
// if what is left of the set doesn't make a snapshot. The problems of single flags and segments come first, then those
// between them.
func Compile(h Header, set *flagset.Set, mode Mode) ([]byte, []flagset.Problem) {
	var records []Record
	var problems []flagset.Problem
	for i := range set.Flags {
		record, found := CompileFlag(&set.Flags[i], mode)
		records, problems = append(records, record), append(problems, found...)
	}
	for i := range set.Segments {
		record, found := CompileSegment(&set.Segments[i], mode)
		records, problems = append(records, record), append(problems, found...)
	}
	between := flagset.ValidateReferences(set)
	if mode == Tolerant {
		for i := range between {
			between[i].Severity = flagset.Warning
		}
		records = firstOfEach(records)
	}
	problems = append(problems, between...)
	if mode == Strict && flagset.Err(problems) != nil {
		return nil, problems
	}
	h.Settings = set.Settings
	data, err := Assemble(h, records)
	if err != nil {
		problems = append(problems, flagset.Problem{Detail: err.Error()})
	}
	return data, problems
}

// firstOfEach leaves out records whose key occurred before.
func firstOfEach(records []Record) []Record {
	type name struct {
		kind Kind
		key  string
	}
	taken := make(map[name]bool, len(records))
	return slices.DeleteFunc(records, func(r Record) bool {
		n := name{r.Kind, r.Key}
		again := taken[n]
		taken[n] = true
		return again
	})
}

// loads returns an error if the engine refuses a record. The engine checks its limits and tables; this package has no
// copy of the checks.
// Why: RATIONALE.md "How do we know that everything that compiles also loads?"
func loads(r Record) error {
	data, err := assemble(Header{}, []Record{r})
	if err != nil {
		return err
	}
	s, err := engine.Load(data)
	if err != nil {
		return err
	}
	if n, fault, at := s.Unreadable(); n > 0 {
		return &engine.LoadError{Code: fault, Offset: int(at)}
	}
	return nil
}

func assemble(h Header, records []Record) ([]byte, error) {
	if h.Revision < 0 {
		return nil, fmt.Errorf("revision %d is below 0", h.Revision)
	}
	conflict := 0
	switch h.Settings.Conflict() {
	case flagset.DenyWins:
	case flagset.AllowWins:
		conflict = 1
	default:
		return nil, fmt.Errorf("%q is not a group conflict setting", h.Settings.GroupConflict)
	}
	var kinds [2][]Record
	var counts Counts
	for _, r := range records {
		if r.Kind > SegmentRecord {
			return nil, fmt.Errorf("record %q has an unknown kind", r.Key)
		}
		if r.Body == nil {
			continue
		}
		kinds[r.Kind] = append(kinds[r.Kind], r)
		counts = counts.Add(r.Counts)
	}
	w := pack.NewWriter()
	w.Array(4)
	writeHeader(w, h, conflict, counts)
	for _, kind := range []Kind{SegmentRecord, FlagRecord} {
		list := kinds[kind]
		slices.SortFunc(list, byKey)
		w.Array(len(list))
		for i, r := range list {
			if i > 0 && r.Key == list[i-1].Key {
				return nil, fmt.Errorf("%w: %q", ErrDuplicate, r.Key)
			}
			w.Array(2)
			w.Text(r.Key)
			w.Binary(r.Body)
		}
	}
	seal(w)
	return w.Bytes(), nil
}

func writeHeader(w *pack.Writer, h Header, conflict int, c Counts) {
	w.Array(7)
	w.Text("gonfalon")
	w.Int(Format)
	w.Text(flagset.ValidText(h.Environment))
	w.Binary(h.Lineage[:])
	w.Long(h.Revision)
	w.Array(1)
	w.Int(conflict)
	w.Array(len(c))
	for _, n := range c {
		w.Int(n)
	}
}

// seal appends the content id, which ends a snapshot.
func seal(w *pack.Writer) {
	w.BinaryHead(sha256.Size)
	id := sha256.Sum256(w.Bytes())
	w.Raw(id[:])
}

// ID returns a snapshot's content id, which is its last 32 bytes. If there are fewer bytes, it returns zeros.
func ID(snapshot []byte) (id [32]byte) {
	if len(snapshot) >= len(id) {
		copy(id[:], snapshot[len(snapshot)-len(id):])
	}
	return id
}
