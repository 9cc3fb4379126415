package lint

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// tolerated is by how much a share may miss what is written before somebody is told.
const tolerated = 0.05

// share tells of shares that are smaller than the scores or draws that they go by can show.
func (c *checker) share(pointer string, g *flagset.Gate) {
	if g.Type == flagset.VariantGate {
		c.weights(pointer, g)
		return
	}
	if g.Ratio == nil {
		return
	}
	asked, granted, all := *g.Ratio, snapshot.ScoresGranted(*g.Ratio), snapshot.Scores
	what := "actors"
	if g.Type == flagset.PercentageOfTime {
		granted, all, what = snapshot.DrawsGranted(asked), snapshot.Draws, "the time"
	}
	got := float64(granted) / float64(all)
	if rare := min(asked, 1-asked); rare > 0 && math.Abs(got-asked) > tolerated*rare {
		c.found(SmallShare, pointer+"/ratio", fmt.Sprintf("%s of %s comes out as %s: there are %d places", percent(asked), what, percent(got), all), "name a few actors instead, or take a larger share")
	}
}

// weights tells of variants that have a weight and yet no actor.
func (c *checker) weights(pointer string, g *flagset.Gate) {
	list := flagset.SortedVariants(g.Variants)
	cuts, ok := snapshot.Cuts(list)
	if !ok {
		return
	}
	from := 0
	for i, cut := range cuts {
		if _, positive := list[i].Weight.Sound(); positive && cut <= from {
			at := slices.IndexFunc(g.Variants, func(v flagset.Variant) bool { return v.Name == list[i].Name })
			c.found(SmallShare, pointer+"/variants/"+strconv.Itoa(at)+"/weight", fmt.Sprintf("no actor is served %s: its share is smaller than one of the %d places", quote(list[i].Name), snapshot.Scores), "give it a larger weight")
		}
		from = max(from, cut)
	}
}

// sameScore tells whom a flag's variants miss because its own share goes by the same score.
//
// Why: ../../RATIONALE.md "Why do a flag's share and its variants go by one score?"
func (c *checker) sameScore(f *flagset.Flag, g *gates) {
	p := g.percentage
	if g.variant == nil || p == nil || p.Type != flagset.PercentageOfActors || p.Ratio == nil || g.everyone() {
		return
	}
	list := flagset.SortedVariants(g.variant.Variants)
	cuts, ok := snapshot.Cuts(list)
	if !ok {
		return
	}
	on := snapshot.ScoresGranted(*p.Ratio)
	var missed []string
	from := 0
	for i, cut := range cuts {
		if cut > from && from >= on {
			missed = append(missed, quote(list[i].Name))
		}
		from = max(from, cut)
	}
	if len(missed) == 0 {
		return
	}
	c.about.Gate = p.Slot()
	c.found(SameScore, "/gates/"+strconv.Itoa(slices.IndexFunc(f.Gates, func(x flagset.Gate) bool { return x.Type == p.Type })),
		fmt.Sprintf("none of the %s of actors for whom the flag is on is served %s: its share and its variants go by the same score", percent(*p.Ratio), strings.Join(missed, " or ")),
		"put the share into a flag of its own, and require that")
	c.about.Gate = ""
}

func percent(ratio float64) string {
	return strconv.FormatFloat(ratio*100, 'g', 4, 64) + " %"
}
