package conformance

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// Vectors holds the files beside this package.
//
//go:embed bandera.jsonl fun_with_flags.jsonl newer.jsonl own.jsonl small.json
var Vectors embed.FS

// Case is one question with its answer.
type Case struct {
	File    string // the file's name
	ID      int    // the id in the file, or else the case's position in it, from 1 on
	Family  string
	Set     flagset.Set // the flag, and everything that it refers to
	Flag    string
	Request request.Request
	Expect  Expect
	Skip    string // why the case is skipped; empty if it isn't

	check func(Decide) error // runs the case if it isn't a single decision
	bytes *emitted           // the snapshot and the request, for a case that comes as bytes
	pure  *bool              // the answer of the gates alone, without prerequisites and segments
}

// Expect is the reference's answer. A nil member has no answer to compare with.
type Expect struct {
	Enabled *bool    `json:"enabled,omitempty"`
	Variant *Variant `json:"variant,omitempty"`
	Score16 *int32   `json:"score16,omitempty"`
}

// UnmarshalJSON reads an expectation. A variant of null expects none, and one that is left out isn't compared.
func (e *Expect) UnmarshalJSON(data []byte) error {
	var members struct {
		Enabled *bool           `json:"enabled"`
		Variant json.RawMessage `json:"variant"`
		Score16 *int32          `json:"score16"`
	}
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	*e = Expect{Enabled: members.Enabled, Score16: members.Score16}
	if members.Variant == nil {
		return nil
	}
	e.Variant = new(Variant)
	return json.Unmarshal(members.Variant, &e.Variant.Name)
}

// Variant is a variant's name. A nil name expects that no variant is served.
type Variant struct{ Name *string }

// MarshalJSON writes the name, or null for none.
func (v Variant) MarshalJSON() ([]byte, error) { return json.Marshal(v.Name) }

// Name returns the case's name for reports.
func (c *Case) Name() string { return c.File + " " + strconv.Itoa(c.ID) + " (" + c.Family + ")" }

// Emitted reports whether the case comes from a file that Emit wrote.
func (c *Case) Emitted() bool { return c.bytes != nil }

// Snapshot compiles the case's flags without sorting their gates, since some answers depend on the order that the
// reference used.
func (c *Case) Snapshot() ([]byte, error) {
	if c.bytes != nil {
		return c.bytes.Snapshot, nil
	}
	data, problems := snapshot.Compile(snapshot.Header{Environment: "conformance"}, &c.Set, snapshot.Tolerant)
	return data, flagset.Err(problems)
}

// Read reads every vector file in a folder: each .jsonl, and each .json, which holds small vectors.
func Read(folder fs.FS) ([]Case, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, err
	}
	var cases []Case
	for _, entry := range entries {
		if readers[path.Ext(entry.Name())] == nil {
			continue
		}
		data, err := fs.ReadFile(folder, entry.Name())
		if err != nil {
			return nil, err
		}
		more, err := Parse(entry.Name(), data)
		if err != nil {
			return nil, err
		}
		cases = slices.Concat(cases, more)
	}
	if len(cases) == 0 {
		return nil, errVectors
	}
	return cases, nil
}

// Parse reads one vector file; its name says which form it has.
func Parse(file string, data []byte) ([]Case, error) {
	read, known := readers[path.Ext(file)]
	if !known {
		return nil, fmt.Errorf("%s: %w", file, errVectors)
	}
	cases, err := read(file, data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return cases, nil
}

var errVectors = errors.New("no vectors: a vector file ends in .jsonl or .json")

var readers = map[string]func(file string, data []byte) ([]Case, error){".jsonl": readLines, ".json": readSmall}

// All returns the cases of the files beside this package.
func All() ([]Case, error) { return Read(Vectors) }
