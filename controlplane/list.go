package controlplane

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// FlagQuery filters and orders a list of flags. Its zero value selects the first hundred by key.
type FlagQuery struct {
	Search    string // part of the key, the description, the owner or a tag, in any case
	Tag       string
	Prefix    string // of the key
	Owner     string
	State     api.State
	Stale     time.Duration // marks flags that were neither created nor evaluated for this long
	OnlyStale bool          // leaves out the flags that aren't stale
	Sort      string        // key, updated, last_evaluated or state; prefix with - for descending order; "" for key
	Cursor    string        // Next of the previous page
	Limit     int           // 0 means 100; at most 1000
}

// sorts holds the orders of flags. Flags that are equal in an order are sorted by key.
var sorts = map[string]func(a, b *api.Flag) int{
	"":               func(a, b *api.Flag) int { return 0 },
	"key":            func(a, b *api.Flag) int { return 0 },
	"updated":        func(a, b *api.Flag) int { return a.Updated.Compare(b.Updated) },
	"last_evaluated": func(a, b *api.Flag) int { return a.LastEvaluated.Compare(b.LastEvaluated) },
	"state":          func(a, b *api.Flag) int { return cmp.Compare(stateRank[a.State], stateRank[b.State]) },
}

var stateRank = map[api.State]int{api.StateOn: 0, api.StatePartial: 1, api.StateOff: 2, api.StateKilled: 3, api.StateUnreadable: 4}

// ListFlags lists an environment's flags. An error has the code NotFound, Invalid (a sort or a cursor) or Unavailable.
func (s *Service) ListFlags(ctx context.Context, env string, q FlagQuery) (api.FlagPage, error) {
	name, down := strings.CutPrefix(q.Sort, "-")
	order := sorts[name]
	if order == nil {
		return api.FlagPage{}, model.InvalidAt("/sort", fmt.Sprintf("%.40q is not a sort order", q.Sort), "use key, updated, last_evaluated or state; prefix with - for descending order")
	}
	after, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err != nil {
		return api.FlagPage{}, model.InvalidAt("/cursor", "it is not a cursor of this list", "use the next cursor of the previous page")
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, 1000)
	st, err := s.replica.Current(ctx, env)
	if err != nil {
		return api.FlagPage{}, err
	}
	list, err := s.matching(st, q)
	if err != nil {
		return api.FlagPage{}, err
	}
	slices.SortStableFunc(list, func(a, b *api.Flag) int { // stable, since they ascend by key
		if down {
			a, b = b, a
		}
		if c := order(a, b); c != 0 || name != "" && name != "key" {
			return c
		}
		return strings.Compare(a.Key, b.Key)
	})
	page := api.FlagPage{Flags: []api.Flag{}, Total: len(list), Revision: st.Head.Revision}
	from := 0
	if len(after) > 0 {
		// The cursor is the key of the previous page's last flag. If that was deleted in the meantime, start over.
		from = 1 + slices.IndexFunc(list, func(f *api.Flag) bool { return f.Key == string(after) })
	}
	for _, f := range list[from:min(from+limit, len(list))] {
		if f.State != api.StateUnreadable {
			f.Words = new(wordsIn(st, &f.Flag))
		}
		page.Flags = append(page.Flags, *f)
	}
	if from+limit < len(list) {
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(list[from+limit-1].Key))
	}
	return page, nil
}

// matching returns the flags that a query selects, ascending by key.
func (s *Service) matching(st *model.State, q FlagQuery) ([]*api.Flag, error) {
	fresh := map[string]bool{}
	cutoff := s.now().Add(-max(q.Stale, 0))
	marks := q.OnlyStale || q.Stale > 0
	if marks {
		fresh = s.fresh(st, cutoff)
	}
	references := map[string][]flagset.Problem{}
	for _, p := range st.ReferenceProblems() {
		references[p.Flag] = append(references[p.Flag], p)
	}
	v := s.replica.View()
	search := strings.ToLower(q.Search)
	var list []*api.Flag
	add := func(f *api.Flag) {
		f.Stale = marks && !f.Permanent && !fresh[f.Key] && f.State != api.StateUnreadable
		switch {
		case q.OnlyStale && !f.Stale,
			!strings.HasPrefix(f.Key, q.Prefix),
			q.State != "" && f.State != q.State,
			q.Owner != "" && f.Owner != q.Owner,
			q.Tag != "" && !slices.Contains(f.Tags, q.Tag),
			search != "" && !contains(f, search):
			return
		}
		list = append(list, f)
	}
	for _, r := range st.Flags {
		if !strings.HasPrefix(r.Key(), q.Prefix) || st.UnreadableRecord(snapshot.FlagRecord, r.Key()) != nil {
			continue
		}
		f, err := s.describeWith(v, st, r, references[r.Key()])
		if err != nil {
			return nil, err
		}
		add(&f)
	}
	for _, u := range st.Unreadable {
		if u.Kind == snapshot.FlagRecord {
			f := s.unreadableFlag(v, st, u)
			add(&f)
		}
	}
	if len(st.Unreadable) > 0 {
		slices.SortFunc(list, func(a, b *api.Flag) int { return strings.Compare(a.Key, b.Key) })
	}
	return list, nil
}

// fresh returns the flags that were created or evaluated since a time and, because a parent is evaluated with its
// child, all flags that they need.
// Why: RATIONALE.md "Why is a flag that was never evaluated stale?"
func (s *Service) fresh(st *model.State, since time.Time) map[string]bool {
	v := s.replica.View()
	fresh := map[string]bool{}
	var queue []*model.Record
	for _, r := range st.Flags {
		if last := max(s.usageOf(v, st.Env, r.Key()).Last, r.Meta.Created); !stored.FromMicros(last).Before(since) {
			fresh[r.Key()] = true
			queue = append(queue, r)
		}
	}
	for len(queue) > 0 {
		r := queue[0]
		queue = queue[1:]
		for _, n := range r.Meta.Needs {
			if parent := st.Flag(n.Target); n.Type == flagset.Prerequisite && parent != nil && !fresh[n.Target] {
				fresh[n.Target] = true
				queue = append(queue, parent)
			}
		}
	}
	return fresh
}

func contains(f *api.Flag, lower string) bool {
	for _, text := range append([]string{f.Key, f.Description, f.Owner}, f.Tags...) {
		if strings.Contains(strings.ToLower(text), lower) {
			return true
		}
	}
	return false
}
