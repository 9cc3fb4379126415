package model

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Difference returns what turns one set into another, as an import of the second would tell it.
func Difference(before, after *flagset.Set) ([]api.Change, error) {
	changes := []api.Change{}
	if was, is := before.Settings.Conflict(), after.Settings.Conflict(); was != is {
		c := api.Change{Kind: api.KindEnvironment, Op: api.OpUpdate}
		var err error
		if c.Before, err = MarshalPlain(map[string]any{"group_conflict": was}); err != nil {
			return nil, err
		}
		if c.After, err = MarshalPlain(map[string]any{"group_conflict": is}); err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	was, err := records(before)
	if err != nil {
		return nil, err
	}
	is, err := records(after)
	if err != nil {
		return nil, err
	}
	for name, r := range is {
		if before := was[name]; before != nil {
			if same, err := r.same(before); same || err != nil {
				if err != nil {
					return nil, err
				}
				continue
			}
		}
		c, err := compare(was[name], r)
		if err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	for name, r := range was {
		if is[name] == nil {
			changes = append(changes, whole(r, nil))
		}
	}
	order := map[string]int{api.KindSegment: 1, api.KindFlag: 2}
	slices.SortFunc(changes, func(a, b api.Change) int {
		return cmp.Or(cmp.Compare(order[a.Kind], order[b.Kind]), strings.Compare(a.Key, b.Key))
	})
	DescribeAll(changes)
	return changes, nil
}

// records returns the records of a set by their names.
func records(set *flagset.Set) (map[string]*Record, error) {
	all := make(map[string]*Record, len(set.Flags)+len(set.Segments))
	add := func(d document) error {
		r, _, err := newRecord(d, Meta{})
		all[Name(d)] = r
		return err
	}
	for _, g := range set.Segments {
		if err := add(SegmentDocument(g)); err != nil {
			return nil, err
		}
	}
	for _, f := range set.Flags {
		if err := add(FlagDocument(f)); err != nil {
			return nil, err
		}
	}
	return all, nil
}
