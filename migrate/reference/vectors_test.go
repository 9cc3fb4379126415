package reference_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/conformance"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
	"github.com/gonfalon-flags/gonfalon/migrate/reference/vectors"
)

// TestAnswersEveryVector decides every case that Bandera and FunWithFlags answered, and must answer as they did. Where
// they raised, it must refuse to answer.
func TestAnswersEveryVector(t *testing.T) {
	total := 0
	for library, file := range vectors.Files {
		for v := range vectors.Read(t, file) {
			total++
			store := reference.NewStore(v.Flags, reference.Conflict(v.GroupConflict))
			answer, err := store.Decide(v.Name, &v.Question)
			if raised := v.Errors["enabled"]; raised != "" {
				if err == nil {
					t.Errorf("%s %d: it answered %t, but %s raised %s", file, v.ID, answer.Enabled, library.Name(), raised)
				}
			} else if err != nil || answer.Enabled != *v.Enabled {
				t.Errorf("%s %d (%s): enabled is %t by %q, %v, not %t", file, v.ID, v.Family, answer.Enabled, answer.By, err, *v.Enabled)
			}
			variant, err := store.Variant(v.Name, &v.Question)
			if raised := v.Errors["variant"]; raised != "" {
				if err == nil {
					t.Errorf("%s %d: it answered a variant, but %s raised %s", file, v.ID, library.Name(), raised)
				}
			} else if err != nil || text(variant) != text(v.Variant) {
				t.Errorf("%s %d (%s): the variant is %s, %v, not %s", file, v.ID, v.Family, text(variant), err, text(v.Variant))
			}
			if v.Score16 != nil && v.Question.Actor != nil && int(reference.Score16(*v.Question.Actor, v.Name)) != *v.Score16 {
				t.Errorf("%s %d: the score isn't %d", file, v.ID, *v.Score16)
			}
		}
	}
	if total != 6070 {
		t.Errorf("there are %d vectors, not 6,070", total)
	}
}

func text(s *string) string {
	if s == nil {
		return "none"
	}
	return fmt.Sprintf("%q", *s)
}

// TestSmallVectors answers the small vectors about single constraints and times.
func TestSmallVectors(t *testing.T) {
	data, err := conformance.Vectors.ReadFile("small.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Kind          string
		Input, Expect json.RawMessage
	}
	decode(t, data, &list)
	seen, unsure := 0, 0
	for i, c := range list {
		if c.Kind == "constraint" {
			var in struct {
				Attribute, Operator string
				Values              []any
				Context             map[string]any
			}
			var want bool
			decode(t, c.Input, &in)
			if json.Unmarshal(c.Expect, &want) != nil {
				continue
			}
			seen++
			k := reference.Constraint{Attribute: in.Attribute, Operator: in.Operator, Values: value(t, in.Values).([]any)}
			context := value(t, in.Context).(map[string]any)
			gates := []reference.Gate{{Type: reference.Rule, Enabled: true, Constraints: []reference.Constraint{k}}}
			someone := "someone"
			answer, err := reference.NewStore([]reference.Flag{{Name: "f", Gates: gates}}, reference.AllowWins).Decide("f", &reference.Question{Actor: &someone, Context: context})
			if errors.Is(err, reference.ErrUnsure) {
				unsure++ // a pattern that PCRE gives up on
			} else if err != nil || answer.Enabled != want {
				t.Errorf("small %d: %s on %s is %t, %v", i+1, c.Input, c.Expect, answer.Enabled, err)
			}
		}
	}
	if seen == 0 || unsure > 1 {
		t.Errorf("of %d vectors of constraints, %d can't be judged", seen, unsure)
	}
}

// TestTimes reads the texts that DateTime.from_iso8601 reads, and refuses those that it refuses.
func TestTimes(t *testing.T) {
	at := func(bound any, now time.Time) bool {
		gates := []reference.Gate{{Type: reference.Schedule, Enabled: true, From: bound}}
		answer, err := reference.NewStore([]reference.Flag{{Name: "f", Gates: gates}}, reference.AllowWins).Decide("f", &reference.Question{Now: now.UnixMicro()})
		return err == nil && answer.Enabled
	}
	begin := time.Date(2026, 11, 27, 8, 30, 0, 0, time.UTC)
	for _, text := range []string{"2026-11-27T08:30:00Z", "2026-11-27 08:30:00Z", "2026-11-27T09:30:00+01:00", "2026-11-27T09:30:00+01", "2026-11-27T07:00:00,0-0130", "+2026-11-27T08:30:00.0000001Z"} {
		if !at(text, begin) || at(text, begin.Add(-time.Microsecond)) {
			t.Errorf("%q doesn't begin at %s", text, begin)
		}
	}
	for _, text := range []any{"2026-11-27T08:30:00", "2026-11-27", "2026-11-27T08:30Z", "2026-11-27t08:30:00Z", "2026-11-27T08:30:00-00:00", "2026-11-27T24:00:00Z",
		"2026-02-30T08:30:00Z", "2026-11-27T08:30:60Z", "2026-11-27T08:30:00.Z", "2026-11-27T08:30:00+24:00", "2026-11-27T08:30:00+01:", "2026-11-27T08:30:00Z\n", 5, true} {
		if at(text, begin.AddDate(100, 0, 0)) {
			t.Errorf("%v opens a schedule", text)
		}
	}
}

func decode(t *testing.T, data []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v: %.200s", err, data)
	}
}

func value(t *testing.T, v any) any {
	t.Helper()
	converted, err := reference.Value(v)
	if err != nil {
		t.Fatal(err)
	}
	return converted
}

// TestPatterns searches as PCRE does without its unicode option.
func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          string
	}{
		{`@acme\.com$`, "a@acme.com", "true"},
		{`@acme\.com$`, "a@acme.com\n", "true"}, // before a last line break
		{`a$\n`, "a\n", "true"},
		{`^.$`, "é", "false"}, // two bytes
		{`^..$`, "é", "true"},
		{`^\w$`, "\xe9", "true"}, // a letter of Latin-1
		{`^(?=.*a)(?!.*b)`, "xa", "true"},
		{`^(?=.*a)(?!.*b)`, "xab", "false"},
		{`(a|b)\1`, "aa", "true"},
		{`(a|b)\1`, "ab", "false"},
		{`(?P<x>a)b`, "ab", "true"},
		{`([unclosed`, "x", "false"},
		{`a++b`, "aab", "unsure"},
		{`[[:alpha:]]`, "a", "unsure"},
		{`^(\w+\s?)*$`, strings.Repeat("word ", 30) + "!", "unsure"},
	} {
		gates := []reference.Gate{{Type: reference.Rule, Enabled: true, Constraints: []reference.Constraint{{Attribute: "a", Operator: "matches", Values: []any{c.pattern}}}}}
		answer, err := reference.NewStore([]reference.Flag{{Name: "f", Gates: gates}}, reference.AllowWins).Decide("f", &reference.Question{Context: map[string]any{"a": c.text}})
		got := fmt.Sprint(answer.Enabled)
		if err != nil {
			got = "unsure"
		}
		if got != c.want {
			t.Errorf("%q on %.40q is %s, %v, not %s", c.pattern, c.text, got, err, c.want)
		}
	}
}
