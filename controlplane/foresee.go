package controlplane

import (
	"context"
	"slices"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/foresight"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Affected returns the keys of the flags whose decisions the changes from one sorted set to another may change: those that
// changed, then those that use something that changed, in ascending order each.
func Affected(before, after *flagset.Set, changes []api.Change) []string {
	var keys []string
	changed, resettled := map[string]bool{}, false // by gate type and target
	reaches := func(g flagset.Gate) bool {
		return changed[string(g.Type)+"/"+g.Target] || resettled && g.Type == flagset.Group
	}
	for _, c := range changes {
		switch c.Kind {
		case api.KindEnvironment:
			resettled = true
		case api.KindSegment:
			changed[string(flagset.SegmentGate)+"/"+c.Key] = true
		case api.KindFlag:
			changed[string(flagset.Prerequisite)+"/"+c.Key] = true
			keys = append(keys, c.Key)
		}
	}
	own := len(keys)
	for found := -1; found != len(keys); { // until nothing more is found
		found = len(keys)
		for _, f := range slices.Concat(before.Flags, after.Flags) {
			if name := string(flagset.Prerequisite) + "/" + f.Key; !changed[name] && slices.ContainsFunc(f.Gates, reaches) {
				changed[name] = true
				keys = append(keys, f.Key)
			}
		}
	}
	slices.Sort(keys[own:])
	return keys
}

// Foresee says in which situations the decision of the flag with this key is another by the second of two sorted sets. It
// says of sets what Service.Preview says of one flag in an environment.
func Foresee(ctx context.Context, before, after *flagset.Set, key string, now time.Time) (api.Preview, error) {
	preview := api.Preview{Situations: []api.PreviewSituation{}, WithoutContext: []string{}}
	c, err := foresight.Compare(ctx, closure(before, key), closure(after, key), key, nil, now)
	if err == nil {
		fill(&preview, c)
	}
	return preview, err
}

// closure returns a set with the flag of this key, if there is one, and all that it needs.
func closure(set *flagset.Set, key string) *flagset.Set {
	part := &flagset.Set{Settings: set.Settings}
	taken := map[flagset.GateType]map[string]bool{flagset.Prerequisite: {}, flagset.SegmentGate: {}}
	for queue := []flagset.Gate{{Type: flagset.Prerequisite, Target: key}}; len(queue) > 0; queue = queue[1:] {
		g := queue[0]
		if taken[g.Type] == nil || taken[g.Type][g.Target] {
			continue
		}
		taken[g.Type][g.Target] = true
		if g.Type == flagset.SegmentGate {
			if s := set.Segment(g.Target); s != nil {
				part.Segments = append(part.Segments, *s)
			}
		} else if f := set.Flag(g.Target); f != nil {
			part.Flags = append(part.Flags, *f)
			queue = append(queue, f.Gates...)
		}
	}
	return part.Sorted()
}
