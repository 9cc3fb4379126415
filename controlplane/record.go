package controlplane

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// record is one flag or segment in the form that the store and replicas hold. It is immutable. The compiled bytes are stored with the
// document, so that replicas of different builds assemble the same snapshot. The document is only read when somebody asks for it.
type record struct {
	compiled snapshot.Record
	meta     recordMeta
	document []byte // canonical JSON of the authoring form
	raw      []byte // the whole record
	pieces   layout // where it is cut; nil if it isn't

	once    sync.Once
	flag    flagset.Flag
	segment flagset.Segment
	own     []flagset.Problem // the problems of the flag or segment by itself
	err     error
}

// recordMeta is the part of a record that is known without reading the document.
type recordMeta struct {
	Revision int64  `msgpack:"revision"` // of the environment, of the last change
	Created  int64  `msgpack:"created"`  // Unix microseconds
	Updated  int64  `msgpack:"updated"`
	By       string `msgpack:"by"`
	Counts   []int  `msgpack:"counts"` // of the compiled record, in the order of FORMAT.md
	// Needs are a flag's prerequisites and segments, which is enough to check how flags refer to each other.
	Needs []need `msgpack:"needs,omitempty"`
}

type need struct {
	Type    flagset.GateType `msgpack:"type"`
	Target  string           `msgpack:"target"`
	Enabled bool             `msgpack:"enabled"`
}

// newFlagRecord compiles a canonical flag. In Tolerant mode, malformed parts fail closed.
func newFlagRecord(f *flagset.Flag, meta recordMeta, mode snapshot.Mode) (*record, []flagset.Problem, error) {
	compiled, problems := snapshot.CompileFlag(f, mode)
	if mode == snapshot.Strict && flagset.Err(problems) != nil {
		return nil, problems, nil
	}
	for _, g := range f.Gates {
		if g.Type == flagset.Prerequisite || g.Type == flagset.SegmentGate {
			meta.Needs = append(meta.Needs, need{g.Type, g.Target, g.Enabled})
		}
	}
	r, err := newRecord(f, compiled, meta)
	return r, problems, err
}

func newSegmentRecord(g *flagset.Segment, meta recordMeta, mode snapshot.Mode) (*record, []flagset.Problem, error) {
	compiled, problems := snapshot.CompileSegment(g, mode)
	if mode == snapshot.Strict && flagset.Err(problems) != nil {
		return nil, problems, nil
	}
	r, err := newRecord(g, compiled, meta)
	return r, problems, err
}

func newRecord(document json.Marshaler, compiled snapshot.Record, meta recordMeta) (*record, error) {
	text, err := document.MarshalJSON()
	if err != nil {
		return nil, err
	}
	meta.Counts = countsList(compiled.Counts)
	header, err := msgpack.Marshal(meta)
	if err != nil {
		return nil, err
	}
	// The document and the compiled bytes follow the header uncompressed, so that a change affects few pieces.
	raw := binary.AppendUvarint(nil, uint64(len(header)))
	raw = append(raw, header...)
	raw = binary.AppendUvarint(raw, uint64(len(text)))
	raw = append(raw, text...)
	raw = append(raw, compiled.Body...)
	return parseRecord(compiled.Kind, compiled.Key, raw, nil)
}

// parseRecord reads a record without its document.
func parseRecord(kind snapshot.Kind, key string, raw []byte, pieces layout) (*record, error) {
	r := &record{raw: raw, pieces: pieces}
	header, rest, ok := section(raw)
	document, body, ok2 := section(rest)
	if !ok || !ok2 {
		return nil, fmt.Errorf("%w: record %q", errBroken, key)
	}
	if err := msgpack.Unmarshal(header, &r.meta); err != nil {
		return nil, fmt.Errorf("%w: record %q: %w", errBroken, key, err)
	}
	counts, err := countsOf(r.meta.Counts)
	if err != nil {
		return nil, fmt.Errorf("record %q: %w", key, err)
	}
	r.document = document
	r.compiled = snapshot.Record{Kind: kind, Key: key, Body: body, Counts: counts}
	return r, nil
}

// section splits off a part, which begins with its length.
func section(data []byte) (part, rest []byte, ok bool) {
	size, n := binary.Uvarint(data)
	if n <= 0 || size > uint64(len(data)-n) {
		return nil, nil, false
	}
	return data[n : n+int(size)], data[n+int(size):], true
}

func countsList(c snapshot.Counts) []int {
	return []int{c.Flags, c.Segments, c.Slots, c.Rules, c.Constraints, c.Values, c.Variants, c.Prerequisites, c.Schedules, c.Programs, c.Instructions, c.Ranges}
}

func countsOf(list []int) (snapshot.Counts, error) {
	if len(list) != 12 {
		return snapshot.Counts{}, fmt.Errorf("%w: %d counts", errBroken, len(list))
	}
	return snapshot.Counts{Flags: list[0], Segments: list[1], Slots: list[2], Rules: list[3], Constraints: list[4], Values: list[5],
		Variants: list[6], Prerequisites: list[7], Schedules: list[8], Programs: list[9], Instructions: list[10], Ranges: list[11]}, nil
}

func (r *record) key() string { return r.compiled.Key }

func (r *record) isFlag() bool { return r.compiled.Kind == snapshot.FlagRecord }

func (r *record) kind() string {
	if r.isFlag() {
		return KindFlag
	}
	return KindSegment
}

// same reports whether two records are the same to hosts and to people.
func (r *record) same(other *record) bool {
	return bytes.Equal(r.document, other.document) && bytes.Equal(r.compiled.Body, other.compiled.Body)
}

// read parses the document, at most once.
func (r *record) read() error {
	r.once.Do(func() {
		var problems []flagset.Problem
		if r.isFlag() {
			r.flag, problems = flagset.ParseFlag(r.document)
			r.own = flagset.ValidateFlag(&r.flag)
		} else {
			r.segment, problems = flagset.ParseSegment(r.document)
			r.own = flagset.ValidateSegment(&r.segment)
		}
		if err := flagset.Err(problems); err != nil {
			r.err = fmt.Errorf("the stored document of %s %s can't be read: %w", r.kind(), r.key(), err)
		}
	})
	return r.err
}

// skeleton returns the flag with only the gates that refer to other flags or segments.
func (r *record) skeleton() flagset.Flag {
	f := flagset.Flag{Key: r.key()}
	for _, n := range r.meta.Needs {
		f.Gates = append(f.Gates, flagset.Gate{Type: n.Type, Target: n.Target, Enabled: n.Enabled})
	}
	return f
}

func (r *record) needs(kind flagset.GateType, target string) bool {
	for _, n := range r.meta.Needs {
		if n.Type == kind && n.Target == target {
			return true
		}
	}
	return false
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
