package controlplane

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// FlagQuery filters and orders a list of flags. Its zero value selects the first hundred by key.
type FlagQuery struct {
	Search    string // part of the key, the description, the owner or a tag, in any case
	Tag       string
	Prefix    string // of the key
	Owner     string
	State     State
	Stale     time.Duration // marks flags that were not evaluated for this long
	OnlyStale bool          // leaves out the flags that aren't stale
	Sort      string        // key, updated, last_evaluated or state; prefix with - for descending order; "" for key
	Cursor    string        // Next of the page before
	Limit     int           // 0: 100; at most 1000
}

// FlagPage is a page of a list.
type FlagPage struct {
	Flags    []Flag
	Next     string // the cursor of the next page; "" on the last page
	Total    int    // the number of flags on all pages
	Revision int64
	Version  string // of the environment at this revision
}

// sorts holds the orders of flags. Flags that are equal in an order are sorted by key.
var sorts = map[string]func(a, b *Flag) int{
	"":               func(a, b *Flag) int { return 0 },
	"key":            func(a, b *Flag) int { return 0 },
	"updated":        func(a, b *Flag) int { return a.Updated.Compare(b.Updated) },
	"last_evaluated": func(a, b *Flag) int { return a.LastEvaluated.Compare(b.LastEvaluated) },
	"state":          func(a, b *Flag) int { return cmp.Compare(stateRank[a.State], stateRank[b.State]) },
}

var stateRank = map[State]int{StateOn: 0, StatePartial: 1, StateOff: 2, StateKilled: 3}

// ListFlags lists an environment's flags. An error has the code NotFound, Invalid (a sort or a cursor) or Unavailable.
func (s *Service) ListFlags(ctx context.Context, env string, q FlagQuery) (FlagPage, error) {
	name, down := strings.CutPrefix(q.Sort, "-")
	order := sorts[name]
	if order == nil {
		return FlagPage{}, problem("/sort", fmt.Sprintf("%.40q is not an order", q.Sort), "it is key, updated, last_evaluated or state, with a - before it to turn it round")
	}
	after, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err != nil {
		return FlagPage{}, problem("/cursor", "it is not a cursor of this list", "use the next of the page before")
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, 1000)
	st, err := s.current(ctx, env)
	if err != nil {
		return FlagPage{}, err
	}
	list, err := s.matching(st, q)
	if err != nil {
		return FlagPage{}, err
	}
	slices.SortStableFunc(list, func(a, b *Flag) int { // stable, since they ascend by key
		if down {
			a, b = b, a
		}
		if c := order(a, b); c != 0 || name != "" && name != "key" {
			return c
		}
		return strings.Compare(a.Key, b.Key)
	})
	page := FlagPage{Flags: []Flag{}, Total: len(list), Revision: st.head.Revision, Version: st.head.version(st.head.Revision)}
	from := 0
	if len(after) > 0 {
		// The cursor is the key of the previous page's last flag. If that was deleted in the meantime, start over.
		from = 1 + slices.IndexFunc(list, func(f *Flag) bool { return f.Key == string(after) })
	}
	for _, f := range list[from:min(from+limit, len(list))] {
		page.Flags = append(page.Flags, *f)
	}
	if from+limit < len(list) {
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(list[from+limit-1].Key))
	}
	return page, nil
}

// matching returns the flags that a query selects, ascending by key.
func (s *Service) matching(st *state, q FlagQuery) ([]*Flag, error) {
	fresh := map[string]bool{}
	cutoff := s.now().Add(-max(q.Stale, 0))
	marks := q.OnlyStale || q.Stale > 0
	if marks {
		fresh = s.fresh(st, cutoff)
	}
	references := map[string][]flagset.Problem{}
	for _, p := range st.referenceProblems() {
		references[p.Flag] = append(references[p.Flag], p)
	}
	v := s.view.Load()
	search := strings.ToLower(q.Search)
	var list []*Flag
	for _, r := range st.flags {
		if !strings.HasPrefix(r.key(), q.Prefix) {
			continue
		}
		f, err := s.describeWith(v, st, r, references[r.key()])
		if err != nil {
			return nil, err
		}
		f.Stale = marks && !f.Permanent && !fresh[f.Key]
		switch {
		case q.OnlyStale && !f.Stale,
			q.State != "" && f.State != q.State,
			q.Owner != "" && f.Owner != q.Owner,
			q.Tag != "" && !slices.Contains(f.Tags, q.Tag),
			search != "" && !f.contains(search):
			continue
		}
		list = append(list, &f)
	}
	return list, nil
}

// fresh returns the flags that were evaluated since a time and, because a parent is evaluated with its child, all flags that they need.
// Why: RATIONALE.md "Why is a flag that was never evaluated stale?"
func (s *Service) fresh(st *state, since time.Time) map[string]bool {
	v := s.view.Load()
	fresh := map[string]bool{}
	var queue []*record
	for _, r := range st.flags {
		if used := s.usageOf(v, st.env, r.key()); used.Last != 0 && !fromMicros(used.Last).Before(since) {
			fresh[r.key()] = true
			queue = append(queue, r)
		}
	}
	for len(queue) > 0 {
		r := queue[0]
		queue = queue[1:]
		for _, n := range r.meta.Needs {
			if parent := st.flag(n.Target); n.Type == flagset.Prerequisite && parent != nil && !fresh[n.Target] {
				fresh[n.Target] = true
				queue = append(queue, parent)
			}
		}
	}
	return fresh
}

func (f *Flag) contains(lower string) bool {
	for _, text := range append([]string{f.Key, f.Description, f.Owner}, f.Tags...) {
		if strings.Contains(strings.ToLower(text), lower) {
			return true
		}
	}
	return false
}
