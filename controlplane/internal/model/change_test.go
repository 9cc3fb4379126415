package model

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// randomFlag returns a flag with a few gates for few targets, so that two flags often share some.
func randomFlag(random *rand.Rand, key string) flagset.Flag {
	f := flagset.Flag{Key: key, Description: fmt.Sprint("d", random.IntN(3)), Permanent: random.IntN(2) == 0, Killed: random.IntN(4) == 0}
	for range random.IntN(3) {
		f.Tags = append(f.Tags, fmt.Sprint("t", random.IntN(4)))
	}
	slots := map[string]bool{}
	add := func(g flagset.Gate) {
		if !slots[g.Slot()] {
			slots[g.Slot()] = true
			f.Gates = append(f.Gates, g)
		}
	}
	for range random.IntN(8) {
		on := random.IntN(2) == 0
		ratio := float64(1+random.IntN(99)) / 100
		switch random.IntN(7) {
		case 0:
			add(flagset.Gate{Type: flagset.Boolean, Enabled: on})
		case 1, 2:
			add(flagset.Gate{Type: flagset.Actor, Target: fmt.Sprint("user:", random.IntN(6)), Enabled: on})
		case 3:
			add(flagset.Gate{Type: flagset.Group, Target: fmt.Sprint("g<&>", random.IntN(3)), Enabled: on})
		case 4:
			add(flagset.Gate{Type: flagset.PercentageOfActors, Ratio: &ratio})
		case 5:
			add(flagset.Gate{Type: flagset.Rule, Enabled: on, Constraints: []flagset.Constraint{
				{Attribute: "n", Operator: "gt", Values: []any{int64(random.IntN(9))}}}})
		case 6:
			add(flagset.Gate{Type: flagset.VariantGate, Variants: []flagset.Variant{
				{Name: "a", Weight: flagset.Int(int64(1 + random.IntN(3)))}, {Name: "b", Weight: flagset.Int(1)}}})
		}
	}
	return f.Canonical()
}

func flagRecord(t *testing.T, f flagset.Flag) *Record {
	t.Helper()
	r, _, err := newRecord(FlagDocument(f), Meta{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestUndoIsExact checks that undoing any change on the document after it returns the document before it.
func TestUndoIsExact(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 500 {
		before, after := flagRecord(t, randomFlag(random, "f")), flagRecord(t, randomFlag(random, "f"))
		c, err := compare(before, after)
		if err != nil {
			t.Fatal(err)
		}
		text, err := undo(&c, after.text)
		if err != nil {
			t.Fatal(err)
		}
		document, err := readDocument(snapshot.FlagRecord, text)
		if err != nil {
			t.Fatal(err)
		}
		back, _, err := newRecord(document.canonical(), Meta{})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(back.text, before.text) {
			t.Fatalf("from %s\nto   %s\nback %s\nby   %s / %s", before.text, after.text, back.text, c.Before, c.After)
		}
	}
}

func TestUndoKeepsTwoGatesOfOneSlot(t *testing.T) {
	twice := flagset.Flag{Key: "f", Gates: []flagset.Gate{
		{Type: flagset.Actor, Target: "u", Enabled: true}, {Type: flagset.Actor, Target: "u"}, {Type: flagset.Boolean},
	}}.Canonical()
	once := flagset.Flag{Key: "f", Gates: []flagset.Gate{{Type: flagset.Actor, Target: "u"}, {Type: flagset.Boolean}}}.Canonical()
	for _, pair := range [][2]flagset.Flag{{twice, once}, {once, twice}} {
		before, after := flagRecord(t, pair[0]), flagRecord(t, pair[1])
		c, err := compare(before, after)
		if err != nil {
			t.Fatal(err)
		}
		text, err := undo(&c, after.text)
		if err != nil {
			t.Fatal(err)
		}
		document, err := readDocument(snapshot.FlagRecord, text)
		if err != nil {
			t.Fatal(err)
		}
		back, _, err := newRecord(document.canonical(), Meta{})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(back.text, before.text) {
			t.Errorf("from %s\nto   %s\nback %s", before.text, after.text, back.text)
		}
	}
}

func TestLinesAreReadable(t *testing.T) {
	ratio, more := 0.25, 0.5
	before := flagset.Flag{Key: "f", Owner: "ada", Gates: []flagset.Gate{
		{Type: flagset.Actor, Target: "user:7", Enabled: true}, {Type: flagset.PercentageOfActors, Ratio: &ratio},
	}}.Canonical()
	after := flagset.Flag{Key: "f", Owner: "bob", Gates: []flagset.Gate{
		{Type: flagset.Actor, Target: "user:42", Enabled: true}, {Type: flagset.PercentageOfActors, Ratio: &more},
		{Type: flagset.Rule, Enabled: true, Constraints: []flagset.Constraint{{Attribute: "plan", Operator: "in", Values: []any{"pro", "team"}}}},
	}}.Canonical()
	c, err := compare(flagRecord(t, before), flagRecord(t, after))
	if err != nil {
		t.Fatal(err)
	}
	Describe(&c)
	want := []string{
		"+ actor/user:42 on", "- actor/user:7 on", "~ percentage 25% of actors → percentage 50% of actors",
		`+ rule plan in ["pro","team"]`, `~ owner: "ada" → "bob"`,
	}
	if !slices.Equal(c.Lines, want) {
		t.Errorf("got  %q\nwant %q", c.Lines, want)
	}
}

func TestMergeIsTheSameAsRebuilding(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var list []*Record
	model := map[string]*Record{}
	for range 300 {
		with := map[string]*Record{}
		for range random.IntN(5) {
			key := fmt.Sprint("k", random.IntN(30))
			with[key] = nil
			delete(model, key)
			if random.IntN(3) > 0 {
				with[key] = &Record{Compiled: snapshot.Record{Key: key}}
				model[key] = with[key]
			}
		}
		list = Merge(list, with)
		if len(list) != len(model) {
			t.Fatalf("%d records, want %d", len(list), len(model))
		}
		for i, r := range list {
			if model[r.Key()] != r || i > 0 && list[i-1].Key() >= r.Key() {
				t.Fatalf("record %d is %s", i, r.Key())
			}
		}
	}
}

// older is a flag's record as a build stored it that didn't know some members: they have their usual values.
func older(t *testing.T, f flagset.Flag, unknown ...string) *Record {
	t.Helper()
	r := flagRecord(t, f)
	document, err := membersOf(r.text)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range unknown {
		if _, written := document[name]; !written {
			t.Fatalf("%s is not in %s", name, r.text)
		}
		delete(document, name)
	}
	text, err := MarshalPlain(document)
	if err != nil {
		t.Fatal(err)
	}
	return &Record{Compiled: r.Compiled, Meta: r.Meta, text: text}
}

// TestAnAbsentMemberHasItsUsualValue: what an older build stored differs by nothing from what this one makes of it, and
// a change of it is undone to what it meant.
func TestAnAbsentMemberHasItsUsualValue(t *testing.T) {
	flag := flagset.Flag{Key: "f", Owner: "ada", Gates: []flagset.Gate{{Type: flagset.Boolean, Enabled: true}}}.Canonical()
	before := older(t, flag, "permanent", "killed", "tags")

	same := NewDraft(NewState("e", Head{}, 1, 1, []*Record{before}, nil), time.Now(), Intent{})
	if err := same.Put(FlagDocument(flag)); err != nil || !same.Empty() || len(same.Changes) > 0 {
		t.Fatalf("storing it again is a change: %+v %v", same.Changes, err)
	}

	flag.Owner = "bob"
	after := flagRecord(t, flag)
	c, err := compare(before, after)
	if err != nil || string(c.Before) != `{"owner":"ada"}` || string(c.After) != `{"owner":"bob"}` {
		t.Fatalf("%s → %s, %v", c.Before, c.After, err)
	}

	// The older build changed it itself: its audit entry doesn't name what it didn't know, nor does one in which the
	// member is new.
	for _, c := range []api.Change{
		{Kind: api.KindFlag, Key: "f", Op: api.OpUpdate, Before: []byte(`{"owner":"ada"}`), After: []byte(`{"owner":"bob"}`)},
		{Kind: api.KindFlag, Key: "f", Op: api.OpUpdate, Before: []byte(`{"owner":"ada"}`), After: []byte(`{"owner":"bob","permanent":true}`)},
	} {
		flag.Permanent = bytes.Contains(c.After, []byte("permanent"))
		text, err := undo(&c, flagRecord(t, flag).text)
		if err != nil {
			t.Fatal(err)
		}
		back, err := readDocument(snapshot.FlagRecord, text)
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := newRecord(back.canonical(), Meta{})
		if err != nil {
			t.Fatal(err)
		}
		if same, err := r.same(before); !same {
			t.Errorf("undone to %s, not to %s (%v)", r.text, before.text, err)
		}
	}
}
