package controlplane

import (
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// refusedAsSent does what asSent does to the problems of a refusal.
func refusedAsSent(err error, flags iter.Seq[flagset.Flag]) error {
	var refused *api.Error
	if errors.As(err, &refused) {
		asSent(flags, refused.Problems)
	}
	return err
}

// asSent points problems into flags as somebody sent them. They are checked the way they are stored, with gates, variants and
// tags in order.
func asSent(flags iter.Seq[flagset.Flag], problems []flagset.Problem) {
	of := map[string][]int{}
	for i, p := range problems {
		if strings.HasPrefix(p.Pointer, "/gates/") || strings.HasPrefix(p.Pointer, "/tags/") {
			of[p.Flag] = append(of[p.Flag], i)
		}
	}
	if len(of) == 0 || flags == nil {
		return
	}
	for f := range flags {
		key := flagset.ValidText(f.Key)
		if len(of[key]) == 0 {
			continue
		}
		gates := ascending(f.Gates, func(g flagset.Gate) string { return g.Slot() })
		for _, i := range of[key] {
			p := strings.Split(problems[i].Pointer, "/") // "", gates, 2, variants, 1, …
			if p[1] == "tags" {
				p[2] = sentTag(f, p[2])
			} else if p[2] = moved(gates, p[2]); len(p) > 4 && p[3] == "variants" {
				if gate, err := strconv.Atoi(p[2]); err == nil && gate < len(f.Gates) {
					p[4] = moved(ascending(f.Gates[gate].Variants, func(v flagset.Variant) string { return v.Name }), p[4])
				}
			}
			problems[i].Pointer = strings.Join(p, "/")
		}
	}
}

// ascending returns where the parts of a list are, in the order of their names.
func ascending[P any](list []P, name func(P) string) []int {
	names, order := make([]string, len(list)), make([]int, len(list))
	for i, part := range list {
		names[i], order[i] = name(part), i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	return order
}

// moved returns where the part that has a place now was before.
func moved(order []int, place string) string {
	if now, err := strconv.Atoi(place); err == nil && now < len(order) {
		return strconv.Itoa(order[now])
	}
	return place
}

// sentTag returns where a tag was before tags were sorted, and those that are twice left out.
func sentTag(f flagset.Flag, place string) string {
	stored := flagset.Flag{Tags: f.Tags}.Canonical().Tags
	if now, err := strconv.Atoi(place); err == nil && now < len(stored) {
		return strconv.Itoa(slices.IndexFunc(f.Tags, func(tag string) bool { return flagset.ValidText(tag) == stored[now] }))
	}
	return place
}
