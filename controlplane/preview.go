package controlplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/feed"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

const (
	// defaultSample is how many ids a preview makes up if it is given no actors.
	defaultSample = 10_000
	// maxSample bounds the actors of a preview: a hundred thousand take a second or two.
	maxSample = 100_000
)

// Preview decides for many actors by the flags before and after a change, with the same time and chance, and writes
// nothing. It also previews a change that couldn't be written: with its problems, and with parts that would fail
// closed.
func (s *Service) Preview(ctx context.Context, env string, p api.Proposal) (api.Preview, error) {
	if p.Sample == 0 && len(p.Actors) == 0 {
		p.Sample = defaultSample
	}
	if p.Sample < 0 || p.Sample+len(p.Actors) > maxSample {
		return api.Preview{}, model.InvalidAt("/sample", fmt.Sprintf("a preview compares at most %d actors", maxSample), "")
	}
	st, err := s.replica.Current(ctx, env)
	if err != nil {
		return api.Preview{}, err
	}
	d := model.NewDraft(st, s.now(), model.Intent{Environment: env, Key: p.Flag.Key, DryRun: true})
	preview := api.Preview{Dependants: map[string]int{}, Changes: []api.PreviewChange{}, Difference: api.Change{Lines: []string{}}}
	var problems []flagset.Problem
	if p.Delete {
		r := st.Flag(p.Flag.Key)
		if r == nil {
			return api.Preview{}, model.NoFlag(p.Flag.Key)
		}
		d.Remove(r)
	} else if err := d.Put(model.FlagDocument(p.Flag)); err != nil {
		return api.Preview{}, err
	}
	if len(d.Changes) > 0 {
		preview.Difference = d.Changes[0]
		model.Describe(&preview.Difference)
		var refused *api.Error
		switch err := d.Check(false); {
		case err == nil:
		case errors.As(err, &refused) && refused.Code == api.Invalid:
			problems = refused.Problems
		default:
			return api.Preview{}, err
		}
	}
	preview.Problems = append([]api.Problem{}, api.Problems(append(problems, d.Warnings...))...)
	before, err := newEvaluator(s.snapshotOf(st))
	if err != nil {
		return api.Preview{}, err
	}
	after, err := newEvaluator(feed.NewSnapshot(d.After(), s.config.formats))
	if err != nil {
		return api.Preview{}, err
	}
	dependants := st.Dependants(p.Flag.Key)
	for _, key := range dependants {
		preview.Dependants[key] = 0
	}
	limit := p.Limit
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, 1000)
	now := p.Now
	if now.IsZero() {
		now = s.now()
	}
	for i := range p.Sample + len(p.Actors) {
		if i%1024 == 0 && ctx.Err() != nil {
			return api.Preview{}, model.Unavailable("the preview took too long", ctx.Err())
		}
		var who api.Query
		if i < len(p.Actors) {
			who = complete(p.Actors[i])
		} else {
			id := "sample:" + strconv.Itoa(i-len(p.Actors))
			who.Actor = &id
		}
		if who.Roll == nil {
			who.Roll = new(uint64(i) * 0x9E3779B97F4A7C15) // the same chance before and after
		}
		if who.Now.IsZero() {
			who.Now = now
		}
		if err := compareFor(&preview, before, after, p.Flag.Key, dependants, who, limit); err != nil {
			return api.Preview{}, err
		}
	}
	return preview, nil
}

// compareFor compares the decisions for one actor.
func compareFor(p *api.Preview, before, after *evaluator, key string, dependants []string, who api.Query, limit int) error {
	in, err := input(who, who.Now)
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
