package migrate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/migrate"
)

// TestAMadeUpActorIsInAGroupOnce reads who is made up for a flag that asks for groups.
func TestAMadeUpActorIsInAGroupOnce(t *testing.T) {
	set := flagset.Set{Flags: []flagset.Flag{{Key: "beta", Gates: []flagset.Gate{{Type: flagset.Group, Target: "staff", Enabled: true}}}}}
	in := 0
	for subject, err := range migrate.MadeUp(200, &set) {
		if err != nil {
			t.Fatal(err)
		}
		in += len(subject.Groups)
		if names := slices.Clone(subject.Groups); len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
			t.Errorf("%s is in %q", *subject.Actor, names)
		}
	}
	if in == 0 {
		t.Error("no actor is in a group")
	}
}

// TestReadSubjects reads a file as editors leave it, and says in which line it can't be read.
func TestReadSubjects(t *testing.T) {
	for text, want := range map[string]string{
		"\ufeffuser:1\r\n\r\n{\"actor\": \"user:2\"}\r\n":      "user:1 user:2",
		"user:1\n" + strings.Repeat("x", migrate.MaxLineBytes): "user:1 line 2 is longer than 1048576 bytes",
		"user:1\ncaf\xe9\n": "user:1 line 2: it isn't valid UTF-8",
	} {
		var got []string
		for subject, err := range migrate.ReadSubjects(strings.NewReader(text)) {
			if err != nil {
				got = append(got, err.Error())
				continue
			}
			got = append(got, *subject.Actor)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%.20q: %q", text, got)
		}
	}
}
