package elixir_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/internal/freeport"
	"github.com/gonfalon-flags/gonfalon/migrate"
	"github.com/gonfalon-flags/gonfalon/migrate/elixir"
	"github.com/gonfalon-flags/gonfalon/migrate/elixir/elixirtest"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

func TestMain(m *testing.M) { elixirtest.Main(m) }

// row is a gate as a library writes it: the field and value of a hash, and the row of a table.
type row struct {
	flag, field, inRedis  string
	kind, target, inTable string
	enabled               bool
}

// Those of Bandera follow the doctests and clauses of bandera/store/persistent/redis/serializer.ex and
// bandera/store/persistent/ecto/serializer.ex; the first five those of fun_with_flags/store/serializer/redis.ex and
// fun_with_flags/store/persistent/ecto/record.ex.
func rows(library reference.Library) []row {
	none := map[reference.Library]string{reference.Bandera: "_bandera_none", reference.FunWithFlags: "_fwf_none"}[library]
	both := []row{
		{"boolean_on", "boolean", "true", "boolean", none, "", true},
		{"actors", "actor/user:42", "true", "actor", "user:42", "", true},
		{"actors", "actor/a/b ü", "false", "actor", "a/b ü", "", false},
		{"groups", "group/admins", "true", "group", "admins", "", true},
		{"groups", "group/bananas", "false", "group", "bananas", "", false},
		{"some_time", "percentage", "time/0.5", "percentage", "time/0.5", "", true},
		{"some_actors", "percentage", "actors/1.0e-7", "percentage", "actors/1.0e-7", "", true},
	}
	if library == reference.FunWithFlags {
		return both
	}
	return append(both,
		row{"variants", "variant", `{"b":2.5,"a":1}`, "variant", none, `{"b":2.5,"a":1}`, true},
		row{"rules", "rule", `{"enabled":true,"constraints":[{"attribute":"plan","operator":"in","values":["pro",5]}]}`, "rule", none, `[{"attribute":"plan","operator":"in","values":["pro",5]}]`, true},
		row{"segments", "segment/premium", "true", "segment", "premium", "", true},
		row{"bandera_segment:premium", "rule", `{"enabled":true,"constraints":[{"attribute":"age","operator":"gte","values":[18]}]}`, "rule", none, `[{"attribute":"age","operator":"gte","values":[18]}]`, true},
		row{"children", "prerequisite/boolean_on", "true", "prerequisite", "boolean_on", "", true},
		row{"children", "prerequisite/actors", "false", "prerequisite", "actors", "", false},
		row{"children", "boolean", "true", "boolean", none, "", true},
		row{"schedules", "schedule", `{"from":"2026-11-27T08:30:00Z","until":null}`, "schedule", none, `{"from":"2026-11-27T08:30:00Z","until":null}`, true},
	)
}

const carried = `settings: {group_conflict: %s}
flags:
  - {key: actors, gates: [{type: actor, target: a/b ü, enabled: false}, {type: actor, target: "user:42"}]}
  - {key: boolean_on, gates: [{type: boolean}]}
  - {key: groups, gates: [{type: group, target: admins}, {type: group, target: bananas, enabled: false}]}
  - {key: some_actors, gates: [{type: percentage_of_actors, ratio: 1.0e-7}]}
  - {key: some_time, gates: [{type: percentage_of_time, ratio: 0.5}]}
`

const carriedFromBandera = carried + `  - {key: variants, gates: [{type: variant, variants: [{name: a, weight: 1}, {name: b, weight: 2.5}]}]}
  - {key: rules, gates: [{type: rule, constraints: [{attribute: plan, operator: in, values: [pro, 5]}]}]}
  - {key: segments, gates: [{type: segment, target: premium}]}
  - {key: children, gates: [{type: boolean}, {type: prerequisite, target: boolean_on}, {type: prerequisite, target: actors, enabled: false}]}
  - {key: schedules, gates: [{type: schedule, from: "2026-11-27T08:30:00Z", until: null}]}
segments:
  - {key: premium, constraints: [{attribute: age, operator: gte, values: [18]}]}
`

// each runs a test with a store of each kind and each library.
func each(t *testing.T, test func(t *testing.T, kind string, library reference.Library)) {
	for _, kind := range elixirtest.Kinds {
		for _, library := range []reference.Library{reference.Bandera, reference.FunWithFlags} {
			t.Run(kind+"/"+string(library), func(t *testing.T) { test(t, kind, library) })
		}
	}
}

func fill(s *elixirtest.Store, rows []row) {
	for _, r := range rows {
		if s.Redis != nil {
			s.Field(r.flag, r.field, r.inRedis)
		} else {
			s.Row(r.flag, r.kind, r.target, r.enabled, r.inTable)
		}
	}
}

func read(t *testing.T, s *elixirtest.Store) migrate.Contents {
	t.Helper()
	contents, err := try(t, s.Library, s.Address, s.Options)
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

func try(t *testing.T, library reference.Library, address string, o elixir.Options) (migrate.Contents, error) {
	t.Helper()
	source, err := elixir.Open(library, address, o)
	if err != nil {
		return nil, err
	}
	defer func() { _ = source.Close() }()
	return source.Read(t.Context(), nil)
}

func TestReadsWhatTheLibrariesWrite(t *testing.T) {
	each(t, func(t *testing.T, kind string, library reference.Library) {
		s := elixirtest.Open(t, kind, library, "")
		fill(s, rows(library))
		d := read(t, s).Describe()
		text := fmt.Sprintf(map[reference.Library]string{reference.Bandera: carriedFromBandera, reference.FunWithFlags: carried}[library], library.Conflict())
		document := flagset.ReadDocument([]byte(text))
		if err := flagset.Err(document.Problems); err != nil {
			t.Fatal(err)
		}
		if got, want := form(t, &d.Set), form(t, &document.Set); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if len(d.Findings) > 0 {
			t.Errorf("it found %v", d.Findings)
		}
	})
}

func form(t *testing.T, set *flagset.Set) string {
	t.Helper()
	data, err := json.Marshal(*set.Canonical())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestOddRows reads what old versions, other hands and half a dump leave behind.
func TestOddRows(t *testing.T) {
	each(t, func(t *testing.T, kind string, library reference.Library) {
		s := elixirtest.Open(t, kind, library, "")
		odd := []row{
			{"typed", "unknown", "true", "unknown", "", "", true},
			{"typed", "boolean", "true", "boolean", "boolean", "", true}, // the target of other versions
			{"ratio", "percentage", "actors/1", "percentage", "actors/1", "", true},
			{"ratio", "boolean", "true", "boolean", library.NoTarget(), "", true},
			{"odd/name", "boolean", "true", "boolean", library.NoTarget(), "", true},
			{"new_ui?", "boolean", "maybe", "boolean", library.NoTarget(), "", false},
		}
		bandera := library == reference.Bandera
		if bandera {
			odd = append(odd, row{"json", "rule", "{", "rule", "_bandera_none", "{", true},
				row{"old_rule", "rule", `[{"attribute":"a","operator":"eq","values":[1]}]`, "rule", "_bandera_none", `[{"attribute":"a","operator":"eq","values":[1]}]`, true},
				row{"empty", "rule", `{"enabled":true,"constraints":[]}`, "rule", "_bandera_none", `[]`, true},
				row{"late", "schedule", `{"from":"tomorrow","until":null}`, "schedule", "_bandera_none", `{"from":"tomorrow","until":null}`, true},
				row{"self", "prerequisite/self", "true", "prerequisite", "self", "", true},
				row{"orphan", "prerequisite/nothing", "false", "prerequisite", "nothing", "", false},
				row{"lost", "segment/nothing", "true", "segment", "nothing", "", true},
				row{"look", "rule", `[{"attribute":"m","operator":"matches","values":["(?=a)b"]}]`, "rule", "_bandera_none", `[{"attribute":"m","operator":"matches","values":["(?=a)b"]}]`, true},
				row{"whole", "rule", `[{"attribute":"n","operator":"in","values":[5.0]}]`, "rule", "_bandera_none", `[{"attribute":"n","operator":"in","values":[5.0]}]`, true})
		}
		fill(s, odd)
		if s.Redis == nil { // both rows at once, as a table has that was FunWithFlags'
			s.Row("twice", "boolean", "_fwf_none", false, "")
			s.Row("twice", "boolean", "boolean", false, "")
			if bandera {
				s.Row("twice", "boolean", "_bandera_none", true, "")
			}
		}
		d := read(t, s).Describe()
		want := []string{
			"flag odd/name: left out: its name can't be a key",
			"flag typed (unknown",
			"flag ratio (percentage",
		}
		if bandera {
			want = append(want, "flag json (rule", "flag empty (rule): same: a rule without constraints", "flag late (schedule): same: from is \"tomorrow\"",
				"flag self (prerequisite/self): same: ", "flag orphan (prerequisite/nothing): may differ: the parent isn't stored",
				"flag lost (segment/nothing): same: the segment isn't stored", "flag look (rule): may differ: m matches \"(?=a)b\": lookahead", "flag whole (rule): may differ: n in has 5.0")
		}
		if s.Redis == nil {
			want = append(want, map[bool]string{true: "flag twice (boolean): same: there are two such rows", false: "flag twice (boolean): may differ"}[bandera])
		}
		var lines []string
		for _, f := range d.Findings {
			lines = append(lines, f.String())
		}
		text := strings.Join(lines, "\n")
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%q isn't in\n%s", w, text)
			}
		}
		if f := d.Set.Flag("typed"); f == nil || len(f.Gates) != 1 || !f.Gates[0].Enabled {
			t.Errorf("typed is %+v", f)
		}
		if f := d.Set.Flag("new_ui?"); f == nil || f.Gates[0].Enabled {
			t.Errorf("new_ui? is %+v", f)
		}
		if f := d.Set.Flag("twice"); s.Redis == nil && (f == nil || len(f.Gates) != 1 || f.Gates[0].Enabled != bandera) {
			t.Errorf("twice is %+v", f)
		}
	})
}

// TestStrays carries flags whose name isn't in the set of names, and names whose flag has no gates.
func TestStrays(t *testing.T) {
	s := elixirtest.Open(t, "redis", reference.Bandera, "")
	s.Field("kept", "boolean", "true")
	s.Name("empty")
	if err := s.Redis.HSet(t.Context(), s.Options.Prefix+"bandera:flag:stray", "boolean", "true").Err(); err != nil {
		t.Fatal(err)
	}
	if err := s.Redis.Set(t.Context(), s.Options.Prefix+"bandera:flag:text", "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	s.Name("text")
	d := read(t, s).Describe()
	var keys []string
	for _, f := range d.Set.Flags {
		keys = append(keys, f.Key)
	}
	if want := []string{"empty", "kept", "stray", "text"}; !slices.Equal(keys, want) {
		t.Errorf("it has %q, not %q", keys, want)
	}
	if len(d.Findings) != 2 || !strings.Contains(d.Findings[0].Detail, "isn't in") || !strings.Contains(d.Findings[1].Detail, "isn't a hash") {
		t.Errorf("it found %v", d.Findings)
	}
}

// TestNothingIsWritten compares the stores before and after.
func TestNothingIsWritten(t *testing.T) {
	each(t, func(t *testing.T, kind string, library reference.Library) {
		s := elixirtest.Open(t, kind, library, "")
		fill(s, rows(library))
		before := s.Dump()
		read(t, s)
		if after := s.Dump(); before != after {
			t.Errorf("before: %s\nafter: %s", before, after)
		}
	})
}

// TestAChangeWhileReading changes a store of Redis while it is read: what is returned is of one moment.
func TestAChangeWhileReading(t *testing.T) {
	s := elixirtest.Open(t, "redis", reference.Bandera, "")
	for i := range 2_000 {
		s.Field("a", fmt.Sprintf("actor/%d", i), "true")
	}
	source, err := elixir.Open(s.Library, s.Address, s.Options)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = source.Close() }()
	changed, again := false, 0
	contents, err := source.Read(t.Context(), func(p migrate.Progress) {
		again = max(again, p.Again)
		if !changed {
			changed = true
			s.Field("b", "boolean", "true")
			s.Field("a", "boolean", "true")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := contents.Describe(); again != 1 || d.Set.Flag("b") == nil || len(d.Set.Flag("a").Gates) != 2_001 {
		t.Errorf("again %d, b %v", again, d.Set.Flag("b"))
	}
	n := 0
	if _, err := source.Read(t.Context(), func(migrate.Progress) { n++; s.Field("a", "boolean", fmt.Sprint(n)) }); err == nil || !strings.Contains(err.Error(), "changed 5 times while it was read") {
		t.Errorf("a store that never rests: %v", err)
	}
}

func TestBadAddresses(t *testing.T) {
	kinds := map[string]string{}
	for _, kind := range elixirtest.Kinds[:3] {
		kinds[kind] = elixirtest.Open(t, kind, reference.Bandera, kind).Address
	}
	wrong := func(address string) string { return strings.Replace(address, "p%2Fw%3A%405", "se%3Acret", 1) }
	port, err := freeport.Find()
	if err != nil {
		t.Fatal(err)
	}
	text := t.TempDir() + "/text.db"
	for _, c := range []struct{ address, says string }{
		{"redis://:se%3Acret@127.0.0.1:" + fmt.Sprint(port), "refused"},
		{"postgres://u:se%3Acret@127.0.0.1:" + fmt.Sprint(port) + "/x", "refused"},
		{"mysql://u:se%3Acret@127.0.0.1:" + fmt.Sprint(port) + "/x", "refused"},
		{wrong(kinds["redis"]), "WRONGPASS"},
		{wrong(kinds["postgres"]), "password authentication failed"},
		{wrong(kinds["mariadb"]), "Access denied"},
		{kinds["postgres"], "the table bandera_flags can't be read"},
		{kinds["mariadb"], "the table bandera_flags can't be read"},
		{strings.Replace(kinds["postgres"], "postgres:", "mysql:", 1), ""},
		{strings.Replace(kinds["redis"], "redis:", "postgres:", 1), ""},
		{"rediss" + strings.TrimPrefix(wrong(kinds["redis"]), "redis"), ""},
		{"sqlite:" + text, "no such file"},
		{"sqlite:" + t.TempDir(), "is no regular file"}, // nor is a pipe, whose read nothing ends
		{"mysql://u:se%3Acret@127.0.0.1/", "names no database"},
		{"http://u:se%3Acret@127.0.0.1/", "no address of a store"},
		{"redis://:se:cret@127.0.0.1:x/", "can't be read"},
		{"redis://:se%3Acret@127.0.0.1/abc", ""},
	} {
		_, err := try(t, reference.Bandera, c.address, elixir.Options{Timeout: 2 * time.Second})
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "cret") {
			t.Errorf("%s: %v", strings.Replace(c.address, "cret", "…", 1), err)
		}
	}
}

// TestAnInterruptedRead ends with its context, and by itself where the store says nothing.
func TestAnInterruptedRead(t *testing.T) {
	for _, kind := range elixirtest.Kinds {
		s := elixirtest.Open(t, kind, reference.Bandera, "")
		fill(s, rows(reference.Bandera))
		source, err := elixir.Open(s.Library, s.Address, s.Options)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := source.Read(ctx, nil); err == nil {
			t.Errorf("%s: it read on", kind)
		}
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestTooMuch refuses a store that no environment can hold before it is in memory.
func TestTooMuch(t *testing.T) {
	for _, kind := range elixirtest.Kinds {
		s := elixirtest.Open(t, kind, reference.Bandera, "")
		for i := range 20 {
			s.Put(reference.Flag{Name: "f", Gates: []reference.Gate{{Type: reference.Actor, For: fmt.Sprint(i, strings.Repeat("x", 200)), Enabled: true}}})
		}
		for _, limits := range [][2]int64{{19, 1 << 20}, {1 << 20, 4_000}} {
			restore := elixir.Lower(limits[0], limits[1])
			if _, err := try(t, s.Library, s.Address, s.Options); err == nil || !strings.Contains(err.Error(), "no environment can hold") {
				t.Errorf("%s, %d gates, %d bytes: %v", kind, limits[0], limits[1], err)
			}
			restore()
		}
		read(t, s)
	}
}

// TestHostileValues carries, or names, whatever somebody wrote into a store.
func TestHostileValues(t *testing.T) {
	deep := strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000)
	for _, kind := range elixirtest.Kinds {
		s := elixirtest.Open(t, kind, reference.Bandera, "")
		texts := []string{"\x1b[2J", "a\nb", strings.Repeat("é", 120), "' OR 1=1 --", "$(id)", "\u202e", "..", " x ", "%s%n", "_fwf_none"}
		if kind == "redis" || kind == "sqlite" {
			texts = append(texts, "\x00", "\xff\xfe", strings.Repeat("x", 100_000))
		}
		for _, text := range texts {
			s.Put(reference.Flag{Name: text, Gates: []reference.Gate{
				{Type: reference.Actor, For: text, Enabled: true}, {Type: reference.Group, For: text}, {Type: reference.Prerequisite, For: text, Enabled: true}, {Type: reference.Segment, For: text, Enabled: true}}})
		}
		if s.Redis != nil {
			s.Field("deep", "rule", `[{"attribute":"a","operator":"eq","values":`+deep+`}]`)
			s.Field("huge", "variant", `{"a":1e400}`)
			s.Field("big", "variant", `{"a":`+strings.Repeat("9", 1_000)+`}`)
			s.Field("many", "variant", `{"a":1,"a":2}`)
		}
		contents := read(t, s)
		d := contents.Describe()
		for _, f := range d.Findings {
			if f.Flag == "" && f.Segment == "" {
				t.Errorf("%s: it is about nothing: %+v", kind, f)
			}
		}
		if len(d.Flags) < len(texts) {
			t.Errorf("%s: it has %d flags", kind, len(d.Flags))
		}
		v, err := migrate.Verify(t.Context(), contents, &d, &d.Set, migrate.MadeUp(200, &d.Set), time.Now(), nil)
		if err != nil || v.Different != 0 {
			t.Errorf("%s: %+v %v", kind, v.Differences, err)
		}
	}
}

// TestWhatCantBeStoredIsLeftOut: one value beyond the limits of a document must not have the other flags refused.
func TestWhatCantBeStoredIsLeftOut(t *testing.T) {
	s := elixirtest.Open(t, "sqlite", reference.FunWithFlags, "")
	s.Put(reference.Flag{Name: "fine", Gates: []reference.Gate{{Type: reference.Boolean, Enabled: true}}})
	s.Put(reference.Flag{Name: "huge", Gates: []reference.Gate{{Type: reference.Actor, For: strings.Repeat("x", 600<<10), Enabled: true}}})
	d := read(t, s).Describe()
	if len(d.Set.Flags) != 1 || d.Set.Flags[0].Key != "fine" {
		t.Errorf("%d flags are carried", len(d.Set.Flags))
	}
	if !slices.ContainsFunc(d.Findings, func(f migrate.Finding) bool {
		return f.Flag == "huge" && f.Effect == migrate.LeftOut && strings.Contains(f.Detail, "longer than 512 KiB")
	}) {
		t.Errorf("it says %+v", d.Findings)
	}
}
