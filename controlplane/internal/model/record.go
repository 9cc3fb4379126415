package model

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// Record is one flag or segment in the form that the store and replicas hold. It is immutable. The compiled bytes are
// stored with the document, so that replicas of different builds assemble the same snapshot. The document is only read
// when somebody asks for it.
type Record struct {
	Compiled snapshot.Record
	Meta     Meta
	text     []byte        // JSON of the document, canonical to the build that wrote it
	Raw      []byte        // the whole record
	Pieces   stored.Layout // where it is cut; nil if it isn't

	once     sync.Once
	ours     bool // this build wrote the text
	document document
	Own      []flagset.Problem // the problems of the document by itself
	err      error
}

// Meta is the part of a record that is known without reading the document.
type Meta struct {
	Revision   int64  `msgpack:"revision"` // of the environment, of the last change
	Created    int64  `msgpack:"created"`  // Unix microseconds
	Updated    int64  `msgpack:"updated"`
	By         string `msgpack:"by"`
	OnBehalfOf string `msgpack:"on_behalf_of,omitempty"`
	Reason     string `msgpack:"reason,omitempty"` // of the last change, cut if it is long; the audit has all of it
	Counts     []int  `msgpack:"counts"`           // of the compiled record, in the order of FORMAT.md
	// Needs are a flag's prerequisites and segments, which is enough to check how flags refer to each other.
	Needs []need `msgpack:"needs,omitempty"`
}

type need struct {
	Type    flagset.GateType `msgpack:"type"`
	Target  string           `msgpack:"target"`
	Enabled bool             `msgpack:"enabled"`
}

// newRecord compiles a document. Malformed parts fail closed. It also returns what the engine refuses of a valid
// document.
func newRecord(d document, meta Meta) (*Record, []flagset.Problem, error) {
	text, err := d.MarshalJSON()
	if err != nil {
		return nil, nil, err
	}
	compiled, refused := d.compile()
	meta.Needs = d.needs()
	meta.Counts = compiled.Counts[:]
	header, err := msgpack.Marshal(meta)
	if err != nil {
		return nil, nil, err
	}
	// The document and the compiled bytes follow the header uncompressed, so that a change affects few pieces.
	raw := binary.AppendUvarint(nil, uint64(len(header)))
	raw = append(raw, header...)
	raw = binary.AppendUvarint(raw, uint64(len(text)))
	raw = append(raw, text...)
	raw = append(raw, compiled.Body...)
	r, err := ParseRecord(compiled.Kind, compiled.Key, raw, nil)
	if err == nil {
		r.ours = true
		r.once.Do(func() { r.document, r.Own = d, d.validate() })
	}
	return r, refused, err
}

// ParseRecord reads a record without its document.
func ParseRecord(kind snapshot.Kind, key string, raw []byte, pieces stored.Layout) (*Record, error) {
	r := &Record{Raw: raw, Pieces: pieces}
	header, rest, ok := section(raw)
	text, body, ok2 := section(rest)
	if !ok || !ok2 {
		return nil, fmt.Errorf("%w: record %q", stored.ErrBroken, key)
	}
	if err := msgpack.Unmarshal(header, &r.Meta); err != nil {
		return nil, fmt.Errorf("%w: record %q: %w", stored.ErrBroken, key, err)
	}
	if n := len(r.Meta.Counts); n != int(engine.Counts) {
		return nil, fmt.Errorf("%w: record %q: %d counts", stored.ErrBroken, key, n)
	}
	r.text = text
	r.Compiled = snapshot.Record{Kind: kind, Key: key, Body: body, Counts: snapshot.Counts(r.Meta.Counts)}
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

// Key returns the flag's or segment's key.
func (r *Record) Key() string { return r.Compiled.Key }

// Size returns about how much memory the record holds, its document included, which is several times its text.
func (r *Record) Size() int {
	const fixed, perByte = 512, 4
	return fixed + perByte*len(r.Raw)
}

// IsFlag reports whether it is a flag.
func (r *Record) IsFlag() bool { return r.Compiled.Kind == snapshot.FlagRecord }

// Kind returns the name of the record's kind.
func (r *Record) Kind() string { return kindName(r.Compiled.Kind) }

// Name returns the record's kind and key, such as flag/new_checkout.
func (r *Record) Name() string { return r.Kind() + "/" + r.Key() }

// Flag returns the document of a flag that was read.
func (r *Record) Flag() flagset.Flag { return *r.document.(flagDocument).Flag }

// Segment returns the document of a segment that was read.
func (r *Record) Segment() flagset.Segment { return *r.document.(segmentDocument).Segment }

// bare returns the record without what was read of its document.
func (r *Record) bare() *Record {
	return &Record{Compiled: r.Compiled, Meta: r.Meta, text: r.text, Raw: r.Raw, Pieces: r.Pieces, ours: r.ours}
}

// isWritten reports whether two records are written the same, so that nothing has to be read to compare them.
func (r *Record) isWritten(other *Record) bool {
	return bytes.Equal(r.text, other.text) && bytes.Equal(r.Compiled.Body, other.Compiled.Body)
}

// canonical returns the document in this build's canonical form. Another build may have written the stored text.
func (r *Record) canonical() ([]byte, error) {
	if r.ours {
		return r.text, nil
	}
	if err := r.Read(); err != nil {
		return nil, err
	}
	return r.document.canonical().MarshalJSON()
}

// members returns the members of the document in its canonical form.
func (r *Record) members() (members, error) {
	text, err := r.canonical()
	if err != nil {
		return nil, err
	}
	return membersOf(text)
}

// same reports whether two records are the same to hosts and to people.
func (r *Record) same(other *Record) (bool, error) {
	if !bytes.Equal(r.Compiled.Body, other.Compiled.Body) {
		return false, nil
	}
	a, err := r.canonical()
	if err != nil {
		return false, err
	}
	b, err := other.canonical()
	return bytes.Equal(a, b), err
}

// Readable returns why the document can't be read, or nil. It doesn't keep the document.
func (r *Record) Readable() error {
	_, err := readDocument(r.Compiled.Kind, r.text)
	return err
}

// Read parses the document, once.
func (r *Record) Read() error {
	r.once.Do(func() {
		if r.document, r.err = readDocument(r.Compiled.Kind, r.text); r.err != nil {
			r.err = NewUnreadable(r.Compiled.Kind, r.Key(), nil, r.err).Refusal()
			return
		}
		r.Own = r.document.validate()
	})
	return r.err
}

// skeleton returns the flag with only the gates that refer to other flags or segments.
func (r *Record) skeleton() flagset.Flag {
	f := flagset.Flag{Key: r.Key()}
	for _, n := range r.Meta.Needs {
		f.Gates = append(f.Gates, flagset.Gate{Type: n.Type, Target: n.Target, Enabled: n.Enabled})
	}
	return f
}

func (r *Record) needs(kind flagset.GateType, target string) bool {
	for _, n := range r.Meta.Needs {
		if n.Type == kind && n.Target == target {
			return true
		}
	}
	return false
}

// Faults returns what doesn't hold together in a record: its document, its compiled bytes, and what its header says of
// both. A record that another build has compiled differently has faults too.
func (r *Record) Faults() []string {
	if err := r.Read(); err != nil {
		return []string{strings.ReplaceAll(err.Error(), "\n", "; ")}
	}
	var faults []string
	if r.document.key() != r.Key() {
		faults = append(faults, fmt.Sprintf("the document's key is %q", r.document.key()))
	}
	again, _, err := newRecord(r.document.canonical(), r.Meta)
	switch {
	case err != nil:
		faults = append(faults, fmt.Sprintf("the document can't be written: %v", err))
	case !bytes.Equal(again.Compiled.Body, r.Compiled.Body):
		faults = append(faults, "the compiled bytes are not those of the document")
	case again.Compiled.Counts != r.Compiled.Counts:
		faults = append(faults, "the counts are not those of the compiled bytes")
	case !slices.Equal(again.Meta.Needs, r.Meta.Needs):
		faults = append(faults, "its needs are not those of the document")
	}
	if r.Meta.Created > r.Meta.Updated {
		faults = append(faults, "it was created after its last change")
	}
	return faults
}
