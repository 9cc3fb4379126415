package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// ConflictError says that an environment has another setting of group_conflict, on which flags of its own depend.
type ConflictError struct {
	Source, Environment flagset.GroupConflict
	Flags               []string // of the environment, with group gates
}

// Error says so.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("the source's group_conflict is %s and the environment's %s, and its own flags have group gates: %s", e.Source, e.Environment, strings.Join(some(e.Flags), ", "))
}

// some returns the first few names.
func some(names []string) []string {
	const most = 5
	if len(names) <= most {
		return names
	}
	return append(slices.Clone(names[:most]), fmt.Sprintf("and %d more", len(names)-most))
}

// Merge returns what to import into an environment, of which have is everything: the source's flags and segments, with
// what people added here to the same flag: description, owner, tags, a kill, payloads.
//
// It takes the source's group_conflict if one of the source's flags has group gates, and no other flag of the
// environment has; otherwise the error is a *ConflictError.
func Merge(found, have *flagset.Set) (*flagset.Set, error) {
	have = have.Sorted()
	out := flagset.Set{Settings: have.Settings, Segments: slices.Clone(found.Segments)}
	for i, s := range out.Segments {
		if old := have.Segment(s.Key); old != nil {
			out.Segments[i].Description = old.Description
		}
	}
	for _, f := range found.Flags {
		if old := have.Flag(f.Key); old != nil {
			f = kept(f, old)
		}
		out.Flags = append(out.Flags, f)
	}
	if !slices.ContainsFunc(found.Flags, grouped) || found.Settings.Conflict() == have.Settings.Conflict() {
		return &out, nil
	}
	conflict := ConflictError{Source: found.Settings.Conflict(), Environment: have.Settings.Conflict()}
	for _, f := range have.Flags {
		if grouped(f) && found.Flag(f.Key) == nil {
			conflict.Flags = append(conflict.Flags, f.Key)
		}
	}
	if conflict.Flags != nil {
		return nil, &conflict
	}
	out.Settings.GroupConflict = found.Settings.GroupConflict
	return &out, nil
}

func grouped(f flagset.Flag) bool {
	return slices.ContainsFunc(f.Gates, func(g flagset.Gate) bool { return g.Type == flagset.Group })
}

// kept returns a flag of the source with what the environment's has besides.
func kept(f flagset.Flag, old *flagset.Flag) flagset.Flag {
	f.Description, f.Owner, f.Tags, f.Permanent, f.Killed, f.OffVariant = old.Description, old.Owner, old.Tags, old.Permanent, old.Killed, old.OffVariant
	payloads := map[string][]byte{}
	for _, g := range old.Gates {
		for _, v := range g.Variants {
			payloads[v.Name] = v.Payload
		}
	}
	f.Gates = slices.Clone(f.Gates)
	has := false
	for i := range f.Gates {
		f.Gates[i].Variants = slices.Clone(f.Gates[i].Variants)
		for j := range f.Gates[i].Variants {
			v := &f.Gates[i].Variants[j]
			v.Payload = payloads[v.Name]
			has = has || f.OffVariant != nil && v.Name == *f.OffVariant
		}
	}
	if !has {
		f.OffVariant = nil
	}
	return f
}

// Only returns a description of these flags alone, with the segments and parents that they need.
func Only(d Description, keys []string) (Description, error) {
	wanted, segments := map[string]bool{}, map[string]bool{}
	for queue := slices.Clone(keys); len(queue) > 0; queue = queue[1:] {
		key := queue[0]
		if wanted[key] {
			continue
		}
		f := d.Set.Flag(key)
		if f == nil {
			if slices.Contains(keys, key) {
				return d, fmt.Errorf("--only: the source has no flag %q that can be carried", key)
			}
			continue
		}
		wanted[key] = true
		for _, g := range f.Gates {
			switch g.Type {
			case flagset.Prerequisite:
				queue = append(queue, g.Target)
			case flagset.SegmentGate:
				segments[g.Target] = true
			}
		}
	}
	names := map[string]bool{}
	out := d
	out.Flags = slices.DeleteFunc(slices.Clone(d.Flags), func(o Origin) bool {
		names[o.Name] = wanted[o.Key]
		return !wanted[o.Key]
	})
	out.Set.Flags = slices.DeleteFunc(slices.Clone(d.Set.Flags), func(f flagset.Flag) bool { return !wanted[f.Key] })
	out.Set.Segments = slices.DeleteFunc(slices.Clone(d.Set.Segments), func(s flagset.Segment) bool { return !segments[s.Key] })
	out.Findings = slices.DeleteFunc(slices.Clone(d.Findings), func(f Finding) bool {
		return f.Flag != "" && !names[f.Flag] || f.Segment != "" && !segments[f.Segment]
	})
	out.Segments = len(out.Set.Segments)
	out.Gates = 0
	for _, f := range out.Set.Flags {
		out.Gates += len(f.Gates)
	}
	return out, nil
}
