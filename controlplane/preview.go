package controlplane

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Proposal is a flag as it might be written.
type Proposal struct {
	Flag   flagset.Flag
	Delete bool // delete Flag.Key
}

// PreviewQuery says for which actors to compare.
type PreviewQuery struct {
	Actors []Query   // their At is ignored
	Sample int       // compare this many made-up ids too, "sample:0" …; at most 100,000
	Now    time.Time // zero for the clock's
	Limit  int       // how many changes to list; 0 means 100; at most 1000
}

// maxSample bounds the actors of a preview: a hundred thousand take a second or two.
const maxSample = 100_000

// Preview says which actors would get another decision.
type Preview struct {
	Asked          int // how many actors were compared
	TurnOn         int // how many of them turn on, for the proposed flag
	TurnOff        int
	VariantChanged int
	Dependants     map[string]int // for each flag that needs this one, how many actors it changes for
	Changes        []PreviewChange
	Difference     Change
	Problems       []flagset.Problem // what prevents the write, and warnings
}

// PreviewChange is how the decision for one actor changes.
type PreviewChange struct {
	Flag   string
	Actor  string
	Before Evaluation
	After  Evaluation
}

// Preview decides for many actors by the flags before and after a change, with the same time and chance, and writes nothing. It also
// previews a change that couldn't be written: with its problems, and with parts that would fail closed.
func (s *Service) Preview(ctx context.Context, env string, p Proposal, q PreviewQuery) (Preview, error) {
	if q.Sample < 0 || q.Sample+len(q.Actors) > maxSample {
		return Preview{}, problem("/sample", fmt.Sprintf("a preview asks at most %d actors", maxSample), "")
	}
	st, err := s.current(ctx, env)
	if err != nil {
		return Preview{}, err
	}
	d := newDraft(st, s.now(), "", p.Flag.Key, WriteOptions{DryRun: true})
	var preview Preview
	if p.Delete {
		r := st.flag(p.Flag.Key)
		if r == nil {
			return Preview{}, noFlag(p.Flag.Key)
		}
		d.remove(r)
	} else if err := d.putFlag(p.Flag); err != nil {
		return Preview{}, err
	}
	if len(d.changes) > 0 {
		preview.Difference = d.changes[0]
		preview.Difference.explain()
		var refused *Error
		switch err := d.check(false); {
		case err == nil:
		case asError(err, &refused) && refused.Code == Invalid:
			preview.Problems = refused.Problems
		default:
			return Preview{}, err
		}
	}
	preview.Problems = append(preview.Problems, d.warnings...)
	before, err := newDecider(st)
	if err != nil {
		return Preview{}, err
	}
	after, err := newDecider(newState(env, d.head, st.headAt, st.at, merge(st.flags, d.with.flags), st.segments))
	if err != nil {
		return Preview{}, err
	}
	dependants := st.dependants(p.Flag.Key)
	preview.Dependants = map[string]int{}
	for _, key := range dependants {
		preview.Dependants[key] = 0
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, 1000)
	now := q.Now
	if now.IsZero() {
		now = s.now()
	}
	for i := range q.Sample + len(q.Actors) {
		if i%1024 == 0 && ctx.Err() != nil {
			return Preview{}, unavailable("the preview took too long", ctx.Err())
		}
		who := Query{}
		if i < len(q.Actors) {
			who = q.Actors[i]
		} else {
			id := "sample:" + strconv.Itoa(i-len(q.Actors))
			who.Actor = &id
		}
		if who.Roll == nil {
			who.Roll = new(uint64(i) * 0x9E3779B97F4A7C15) // the same chance before and after
		}
		if who.Now.IsZero() {
			who.Now = now
		}
		if err := preview.ask(before, after, p.Flag.Key, dependants, &who, limit); err != nil {
			return Preview{}, err
		}
	}
	return preview, nil
}

// ask compares the decisions for one actor.
func (p *Preview) ask(before, after *decider, key string, dependants []string, who *Query, limit int) error {
	in, err := who.input(who.Now)
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
		variant := was.HasVariant != is.HasVariant || was.Variant != is.Variant || !bytes.Equal(was.Payload, is.Payload)
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
			p.Changes = append(p.Changes, PreviewChange{flag, actor, was, is})
		}
	}
	return nil
}

// dependants returns the flags that need a flag, directly or indirectly, ascending.
func (s *state) dependants(key string) []string {
	found := map[string]bool{key: true}
	queue := []string{key}
	var list []string
	for len(queue) > 0 {
		for _, user := range users(s.flags, flagset.Prerequisite, queue[0]) {
			if !found[user] {
				found[user] = true
				list, queue = append(list, user), append(queue, user)
			}
		}
		queue = queue[1:]
	}
	slices.Sort(list)
	return list
}
