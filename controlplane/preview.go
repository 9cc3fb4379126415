package controlplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/feed"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/foresight"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

const (
	// MaxActors bounds the actors of a preview: a hundred thousand take a second or two.
	MaxActors = 100_000
	// maxDependants bounds the dependent flags that a preview looks at in each situation.
	maxDependants = 50
)

// Preview decides by the flags before and after a change, and writes nothing: in every situation that the gates name, and
// for the actors of the proposal. It also previews a change that couldn't be written: with its problems, and with parts
// that would fail closed.
func (s *Service) Preview(ctx context.Context, env string, p api.Proposal) (api.Preview, error) {
	if len(p.Actors) > MaxActors {
		return api.Preview{}, model.InvalidAt("/actors", fmt.Sprintf("a preview compares at most %d actors", MaxActors), "")
	}
	st, err := s.replica.Current(ctx, env)
	if err != nil {
		return api.Preview{}, err
	}
	if p.Now.IsZero() {
		p.Now = s.now()
	}
	preview := api.Preview{
		Situations: []api.PreviewSituation{}, WithoutContext: []string{}, Dependants: map[string]int{}, Changes: []api.PreviewChange{},
		Difference: api.Change{Lines: []string{}},
	}
	d, err := s.propose(st, p, &preview)
	if err != nil {
		return api.Preview{}, err
	}
	after := d.After()
	if f := (readable{after}).Flag(p.Flag.Key); f != nil {
		preview.Words = new(wordsIn(after, f))
	}
	dependants := st.Dependants(p.Flag.Key)
	if err := s.foresee(ctx, &preview, st, after, p, dependants); err != nil {
		return api.Preview{}, err
	}
	return preview, s.compareAll(ctx, &preview, st, after, p, dependants)
}

// propose drafts the change, and puts its difference and its problems into the preview.
func (s *Service) propose(st *model.State, p api.Proposal, preview *api.Preview) (*model.Draft, error) {
	d := model.NewDraft(st, s.now(), model.Intent{Environment: st.Env, Key: p.Flag.Key, DryRun: true})
	if p.Delete {
		r := st.Flag(p.Flag.Key)
		if r == nil {
			return nil, model.NoFlag(p.Flag.Key)
		}
		d.Remove(r)
	} else if err := d.Put(model.FlagDocument(p.Flag)); err != nil {
		return nil, err
	}
	var problems []flagset.Problem
	if len(d.Changes) > 0 {
		preview.Difference = d.Changes[0]
		model.Describe(&preview.Difference)
		var refused *api.Error
		switch err := d.Check(false); {
		case err == nil:
		case errors.As(err, &refused) && refused.Code == api.Invalid:
			problems = refused.Problems
		default:
			return nil, err
		}
	}
	sent := slices.Values([]flagset.Flag{p.Flag})
	asSent(sent, problems)
	asSent(sent, d.Warnings)
	preview.Problems, preview.Warnings = append([]api.Problem{}, api.Problems(problems)...), api.Problems(d.Warnings)
	return d, nil
}

// foresee compares every situation that the gates name.
func (s *Service) foresee(ctx context.Context, preview *api.Preview, before, after *model.State, p api.Proposal, dependants []string) error {
	if n := len(dependants) - maxDependants; n > 0 {
		preview.Omitted += n
		dependants = dependants[:maxDependants]
	}
	var sets [2]*flagset.Set
	for i, st := range []*model.State{before, after} {
		var err error
		if sets[i], err = needed(st, append([]string{p.Flag.Key}, dependants...)); err != nil {
			return err
		}
	}
	c, err := foresight.Compare(ctx, sets[0], sets[1], p.Flag.Key, dependants, p.Now)
	if ctx.Err() != nil {
		return model.Unavailable("the preview took too long", ctx.Err())
	}
	if err != nil {
		return err
	}
	fill(preview, c)
	return nil
}

// fill puts a comparison of situations into the preview.
func fill(preview *api.Preview, c *foresight.Comparison) {
	preview.SameActors, preview.Omitted = c.Same, preview.Omitted+c.Omitted
	preview.WithoutContext = append(preview.WithoutContext, c.Unmade...)
	for _, f := range c.Forecasts {
		situation := api.PreviewSituation{
			Who: f.Who, Query: api.Query{Actor: f.Actor, Groups: f.Groups, Context: f.Context},
			PreviewShare: shareOf(f.Flag), Dependants: map[string]api.PreviewShare{},
		}
		for key, share := range f.Dependants {
			situation.Dependants[key] = shareOf(share)
		}
		preview.Situations = append(preview.Situations, situation)
	}
}

// needed returns a set of the flags with these keys, as far as they exist, and of all that they need.
func needed(st *model.State, keys []string) (*flagset.Set, error) {
	keys = slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return st.Flag(key) == nil })
	records, err := st.Closure(keys)
	if err != nil {
		return nil, err
	}
	set := &flagset.Set{Settings: st.Head.Settings()}
	for _, r := range records {
		if err := r.Read(); err != nil {
			return nil, err
		}
		if r.Compiled.Kind == snapshot.FlagRecord {
			set.Flags = append(set.Flags, r.Flag())
		} else {
			set.Segments = append(set.Segments, r.Segment())
		}
	}
	return set.Sorted(), nil
}

func shareOf(s foresight.Share) api.PreviewShare {
	return api.PreviewShare{Before: s.Before, After: s.After, TurnOn: s.TurnOn, TurnOff: s.TurnOff, VariantChanged: s.Varied, Exact: s.Exact}
}

// compareAll compares the decisions for each actor of the proposal, with the same time and chance before and after.
func (s *Service) compareAll(ctx context.Context, preview *api.Preview, st, changed *model.State, p api.Proposal, dependants []string) error {
	before, err := newEvaluator(s.snapshotOf(st))
	if err != nil {
		return err
	}
	after, err := newEvaluator(feed.NewSnapshot(changed, s.config.formats))
	if err != nil {
		return err
	}
	for _, key := range dependants {
		preview.Dependants[key] = 0
	}
	limit := p.Limit
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, 1000)
	for i, actor := range p.Actors {
		if i%1024 == 0 && ctx.Err() != nil {
			return model.Unavailable("the preview took too long", ctx.Err())
		}
		who := complete(actor)
		if who.Roll == nil {
			who.Roll = new(uint64(i) * 0x9E3779B97F4A7C15)
		}
		if who.Now.IsZero() {
			who.Now = p.Now
		}
		if err := compareFor(preview, before, after, p.Flag.Key, dependants, who, limit); err != nil {
			return err
		}
	}
	return nil
}

// compareFor compares the decisions for one actor.
func compareFor(p *api.Preview, before, after *evaluator, key string, dependants []string, who api.Query, limit int) error {
	in, err := queryInput(nil, "", who, who.Now)
	if err != nil {
		return err
	}
	p.Asked++
	actor := ""
	if who.Actor != nil {
		actor = *who.Actor
	}
	for _, flag := range append([]string{key}, dependants...) {
		was, is := before.decide(flag, in), after.decide(flag, in)
		variant := !same(was.Variant, is.Variant) || !bytes.Equal(was.Payload, is.Payload)
		if was.Enabled == is.Enabled && !variant {
			continue
		}
		switch {
		case flag != key:
			p.Dependants[flag]++
		default:
			if !was.Enabled && is.Enabled {
				p.TurnOn++
			}
			if was.Enabled && !is.Enabled {
				p.TurnOff++
			}
			if variant {
				p.VariantChanged++
			}
		}
		if len(p.Changes) < limit {
			p.Changes = append(p.Changes, api.PreviewChange{Flag: flag, Actor: actor, Before: was, After: is})
		}
	}
	return nil
}

// same reports whether two optional texts are equal.
func same(a, b *string) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}
