package lint

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func (c *checker) flag(f *flagset.Flag) {
	c.about = Finding{Flag: f.Key}
	c.ownership(f)
	c.age(f)
	g := sorted(f)
	for i := range f.Gates {
		gate := &f.Gates[i]
		pointer := "/gates/" + strconv.Itoa(i)
		c.about.Gate = gate.Slot()
		if gate.Type == flagset.SegmentGate {
			c.used[gate.Target] = true
		}
		if why := g.dead(gate); why != "" {
			c.found(DeadGate, pointer, why, "remove the gate")
		} else if why := g.shadowed(c.set, gate); why != "" {
			c.found(ShadowedGate, pointer, why, "remove the gate, or what makes it needless")
		}
		c.share(pointer, gate)
		c.schedule(pointer, gate)
		if gate.Type == flagset.Rule {
			c.constraints(pointer, gate.Constraints)
		}
		if gate.Type == flagset.Prerequisite {
			c.prerequisite(pointer, f, gate)
		}
	}
	c.about.Gate = ""
	c.sameScore(f, g)
}

func (c *checker) ownership(f *flagset.Flag) {
	switch {
	case c.facts.Owners == nil:
	case f.Owner == "":
		c.found(UnknownOwner, "", "nobody owns it", "name who is asked before it is removed")
	case !slices.Contains(c.facts.Owners, f.Owner):
		c.found(UnknownOwner, "/owner", fmt.Sprintf("%q isn't among the owners", f.Owner), "")
	}
}

// age tells of flags that seem to have done their work.
func (c *checker) age(f *flagset.Flag) {
	if since, stale := c.facts.Stale[f.Key]; stale && !f.Permanent {
		detail := "no host has evaluated it since " + day(since)
		if since.IsZero() {
			detail = "no host has ever evaluated it"
		}
		c.found(StaleFlag, "", detail, "remove it from the code and delete it, or mark it as permanent")
	}
	if since, killed := c.facts.Killed[f.Key]; killed && f.Killed {
		c.found(LongKilled, "/killed", "killed, and not changed since "+day(since), "revive it, or delete it with the code behind it")
	}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// schedule tells of windows that are over, or that will stay open.
func (c *checker) schedule(pointer string, g *flagset.Gate) {
	if g.Type != flagset.Schedule || c.facts.Now.IsZero() {
		return
	}
	now := c.facts.Now.UnixMicro()
	if g.Until != nil {
		if until, err := flagset.ParseTime(*g.Until); err == nil && until <= now {
			c.found(PastSchedule, pointer+"/until", "the window is over", "remove the gate, and what the flag was for")
		}
		return
	}
	if g.From != nil {
		if from, err := flagset.ParseTime(*g.From); err == nil && from <= now {
			c.found(PastSchedule, pointer+"/from", "the window has opened, and never closes", "enable the boolean gate instead, and later remove the flag")
		}
	}
}

// prerequisite tells of parents that keep a flag off, or that thin out its share.
func (c *checker) prerequisite(pointer string, f *flagset.Flag, g *flagset.Gate) {
	parent := c.set.Flag(g.Target)
	if parent == nil {
		return // which validation tells
	}
	p := sorted(parent)
	switch {
	case g.Enabled && parent.Killed:
		c.found(NeverOn, pointer, fmt.Sprintf("%s must be on, and is killed: the flag is off for everybody", quote(parent.Key)), "revive the parent, or remove the prerequisite")
	case g.Enabled && !p.grants():
		c.found(NeverOn, pointer, fmt.Sprintf("%s must be on, and no gate turns it on: the flag is off for everybody", quote(parent.Key)), "turn on the parent, or remove the prerequisite")
	case !g.Enabled && p.everyone() && !p.denies() && !parent.Killed && len(p.parents) == 0:
		c.found(NeverOn, pointer, fmt.Sprintf("%s must be off, and is on for everybody", quote(parent.Key)), "turn off the parent, or remove the prerequisite")
	}
	own, others := sorted(f).ratio(), p.ratio()
	if g.Enabled && own > 0 && others > 0 {
		c.found(MultipliedShares, pointer, fmt.Sprintf("%s of %s is %s of actors: each flag draws its own share", percent(own), percent(others), percent(own*others)),
			"to let both have the same actors, give one of them no share of its own")
	}
}
