package model

import (
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// document is a flag or a segment in its canonical authoring form. Everything that flags and segments have in common
// goes through it.
type document interface {
	MarshalJSON() ([]byte, error)
	canonical() document
	kind() snapshot.Kind
	key() string
	needs() []need
	validate() []flagset.Problem
	compile() (snapshot.Record, []flagset.Problem) // the problems are those that the engine has with a valid document
}

type flagDocument struct{ *flagset.Flag }

type segmentDocument struct{ *flagset.Segment }

// FlagDocument returns a flag's document, in its canonical form.
func FlagDocument(f flagset.Flag) document { return flagDocument{&f}.canonical() }

// SegmentDocument returns a segment's document, in its canonical form.
func SegmentDocument(g flagset.Segment) document { return segmentDocument{&g}.canonical() }

// readDocument reads the JSON form of a flag or segment.
func readDocument(kind snapshot.Kind, text []byte) (document, error) {
	if kind == snapshot.FlagRecord {
		f, problems := flagset.ParseFlag(text)
		return flagDocument{&f}, flagset.Err(problems)
	}
	g, problems := flagset.ParseSegment(text)
	return segmentDocument{&g}, flagset.Err(problems)
}

func (d flagDocument) canonical() document {
	f := d.Canonical()
	return flagDocument{&f}
}

func (d flagDocument) kind() snapshot.Kind { return snapshot.FlagRecord }

func (d flagDocument) key() string { return d.Key }

func (d flagDocument) validate() []flagset.Problem { return flagset.ValidateFlag(d.Flag) }

func (d flagDocument) compile() (snapshot.Record, []flagset.Problem) {
	return snapshot.CompileValidated(d.Flag)
}

// needs returns the flag's prerequisites and segments.
func (d flagDocument) needs() []need {
	var list []need
	for _, g := range d.Gates {
		if g.Type == flagset.Prerequisite || g.Type == flagset.SegmentGate {
			list = append(list, need{g.Type, g.Target, g.Enabled})
		}
	}
	return list
}

func (d segmentDocument) canonical() document {
	g := d.Canonical()
	return segmentDocument{&g}
}

func (d segmentDocument) kind() snapshot.Kind { return snapshot.SegmentRecord }

func (d segmentDocument) key() string { return d.Key }

func (d segmentDocument) validate() []flagset.Problem { return flagset.ValidateSegment(d.Segment) }

func (d segmentDocument) compile() (snapshot.Record, []flagset.Problem) {
	return snapshot.CompileValidatedSegment(d.Segment)
}

func (d segmentDocument) needs() []need { return nil }

// kindName returns the name of a kind of record, as changes and the audit have it.
func kindName(kind snapshot.Kind) string {
	if kind == snapshot.FlagRecord {
		return api.KindFlag
	}
	return api.KindSegment
}

// Name returns the name of a document's record: its kind and key, such as flag/new_checkout.
func Name(d document) string { return kindName(d.kind()) + "/" + d.key() }

// splitName returns the kind and key in a record's name, such as flag/new_checkout.
func splitName(name string) (snapshot.Kind, string) {
	if key, ok := strings.CutPrefix(name, api.KindFlag+"/"); ok {
		return snapshot.FlagRecord, key
	}
	key, _ := strings.CutPrefix(name, api.KindSegment+"/")
	return snapshot.SegmentRecord, key
}
