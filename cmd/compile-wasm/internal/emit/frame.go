package emit

import "github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"

// frameAlign keeps 8-byte scalars of a frame aligned.
const frameAlign = 8

// layFrame gives the slots that f still uses their offsets, and the frame's size.
func layFrame(f *ir.Func) int {
	used := map[*ir.Slot]bool{}
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			if v.Op == ir.OpSlot {
				used[v.Slot] = true
			}
		}
	}
	size := 0
	for _, s := range f.Slots {
		if used[s] {
			s.Offset = size
			size += (s.Size + frameAlign - 1) &^ (frameAlign - 1)
		}
	}
	return size
}

// FrameSize is how many bytes of stack a call of f takes.
func FrameSize(f *ir.Func) int { return layFrame(f) }

// stackUsers finds the functions that use the shadow stack, by themselves or
// by what they call.
func stackUsers(funcs []*ir.Func, frames map[*ir.Func]int) map[*ir.Func]bool {
	users := map[*ir.Func]bool{}
	for changed := true; changed; {
		changed = false
		for _, f := range funcs {
			if !users[f] && (frames[f] > 0 || callsAny(f, users)) {
				users[f], changed = true, true
			}
		}
	}
	return users
}

func callsAny(f *ir.Func, set map[*ir.Func]bool) bool {
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			if v.Op == ir.OpCall && set[v.Callee] {
				return true
			}
		}
	}
	return false
}
