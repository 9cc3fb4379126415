package migrate_test

import (
	"slices"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/migrate"
)

func TestFollow(t *testing.T) {
	off, on := flagset.Flag{Key: "f"}, flagset.Flag{Key: "f", Gates: []flagset.Gate{{Type: flagset.Boolean, Enabled: true}}}
	part := flagset.Flag{Key: "f", Gates: []flagset.Gate{{Type: flagset.Group, Target: "staff", Enabled: true}}}
	killed := on
	killed.Killed, killed.Description = true, "ours"
	none := flagset.Flag{}
	for _, c := range []struct {
		what                  string
		there, here, carried  flagset.Flag
		carry, gone, conflict bool
	}{
		{"new there", on, none, none, true, false, false},
		{"the same", on, on, on, false, false, false},
		{"the same by chance", on, on, none, false, false, false},
		{"changed there", part, on, on, true, false, false},
		{"changed there, and killed here", part, killed, on, true, false, false},
		{"changed here", on, part, on, false, false, false},
		{"changed on both sides", part, off, on, false, false, true},
		{"changed alike", part, part, on, false, false, false},
		{"made on both sides", on, part, none, false, false, true},
		{"deleted here", on, none, on, false, false, false},
		{"deleted here and changed there", part, none, on, false, false, true},
		{"deleted there", none, on, on, true, true, false},
		{"deleted there long ago", none, off, off, false, false, false},
		{"deleted there and made again here", none, part, off, false, false, false},
		{"deleted there and changed here", none, part, on, false, false, true},
		{"of ours alone", none, on, none, false, false, false},
	} {
		forms := func(f flagset.Flag) migrate.Forms {
			if f.Key == "" {
				return migrate.Forms{}
			}
			return migrate.FormsOf(&flagset.Set{Flags: []flagset.Flag{f}})
		}
		step := migrate.Follow(forms(c.there), forms(c.here), forms(c.carried))
		if got := slices.Contains(step.Carry, "flag/f"); got != c.carry {
			t.Errorf("%s: it is carried: %t", c.what, got)
		}
		if got := slices.Contains(step.Gone, "flag/f"); got != c.gone {
			t.Errorf("%s: it is gone: %t", c.what, got)
		}
		if got := step.Conflicts["flag/f"] != ""; got != c.conflict {
			t.Errorf("%s: it conflicts: %t", c.what, got)
		}
		taken := step.Take(&flagset.Set{Flags: []flagset.Flag{c.there}})
		if (len(taken.Flags) == 1) != c.carry || c.carry && taken.Flags[0].Key != "f" {
			t.Errorf("%s: it takes %v", c.what, taken.Flags)
		}
	}
}
