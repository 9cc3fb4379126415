package build

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/emit"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/lower"
)

// checkStack refuses roots whose deepest chain of calls has larger frames than
// the stack holds. Functions that call each other in a circle count once: how
// deep they go, only the source can bound. They trap where the stack ends.
func checkStack(roots []*ir.Func) error {
	s := &stack{order: map[*ir.Func]int{}, low: map[*ir.Func]int{}, circle: map[*ir.Func]*circle{}}
	var lines []string
	for _, root := range roots {
		s.visit(root)
		if c := s.circle[root]; c.need > lower.StackSize-8 { // nothing lies at address 0, which is nil
			lines = append(lines, fmt.Sprintf("%s: %s needs %d bytes of stack, there are %d: make large variables package variables, and pass large values by pointer\n\t%s",
				root.Pos, load.Short(root.Name), c.need, lower.StackSize, strings.Join(c.chain(), "\n\t")))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	slices.Sort(lines)
	return fmt.Errorf("%s", strings.Join(lines, "\n"))
}

// circle is a function, or several that call each other.
type circle struct {
	members []*ir.Func
	calls   bool    // itself
	next    *circle // where the deepest chain goes on
	need    int     // bytes, from here on
}

// stack finds the circles, each after those that it calls (Tarjan, 1972).
type stack struct {
	order, low map[*ir.Func]int // order counts from 1
	open       []*ir.Func
	circle     map[*ir.Func]*circle // those that are complete
}

func (s *stack) visit(f *ir.Func) {
	if s.order[f] > 0 {
		return
	}
	at := len(s.open)
	s.open = append(s.open, f)
	s.order[f] = len(s.order) + 1
	s.low[f] = s.order[f]
	for _, g := range callees(f) {
		s.visit(g)
		if s.circle[g] == nil {
			s.low[f] = min(s.low[f], s.low[g])
		}
	}
	if s.low[f] < s.order[f] {
		return
	}
	c := &circle{members: slices.Clone(s.open[at:])}
	s.open = s.open[:at]
	for _, m := range c.members {
		s.circle[m] = c
	}
	for _, m := range c.members {
		c.need += emit.FrameSize(m)
		for _, g := range callees(m) {
			d := s.circle[g]
			c.calls = c.calls || d == c
			if d != c && (c.next == nil || d.need > c.next.need) {
				c.next = d
			}
		}
	}
	for _, m := range c.members {
		m.Recursive = c.calls
	}
	if c.next != nil {
		c.need += c.next.need
	}
}

func callees(f *ir.Func) (out []*ir.Func) {
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			if v.Op == ir.OpCall {
				out = append(out, v.Callee)
			}
		}
	}
	return out
}

// chain tells the frames from c on, each with its largest variable's place.
func (c *circle) chain() (lines []string) {
	for ; c != nil; c = c.next {
		for _, f := range c.members {
			if f.Entry && emit.FrameSize(f) == 0 {
				continue // the function itself follows
			}
			line := fmt.Sprintf("%s: %s, %d bytes", f.Pos, load.Short(f.Name), emit.FrameSize(f))
			if len(f.Slots) > 0 {
				most := slices.MaxFunc(f.Slots, func(a, b *ir.Slot) int { return a.Size - b.Size })
				line += fmt.Sprintf(", of them %d at %s", most.Size, most.Pos)
			}
			if c.calls {
				line += ", calls itself"
			}
			lines = append(lines, line)
		}
	}
	return lines
}
