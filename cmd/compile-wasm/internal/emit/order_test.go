package emit

import (
	"slices"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
)

// stored is: x = load p; store p, 7; y = load p; z = x + y, returned.
func stored() (f *ir.Func, x, store, y, z *ir.Value) {
	f = &ir.Func{Name: "f", Params: []ir.Type{ir.I32}, Results: []ir.Type{ir.I32}}
	b := f.NewBlock()
	p := b.Add(ir.OpParam, ir.I32)
	x = b.Add(ir.OpLoad32, ir.I32, p)
	seven := b.Const(ir.I32, 7)
	store = b.Add(ir.OpStore32, ir.Void, p, seven)
	y = b.Add(ir.OpLoad32, ir.I32, p)
	z = b.Add(ir.OpI32Add, ir.I32, x, y)
	b.Term, b.Ctrl = ir.Return, []*ir.Value{z}
	f.Dominators()
	return f, x, store, y, z
}

// TestFolds: a load is not folded past a store; what may be folded is.
func TestFolds(t *testing.T) {
	f, x, _, y, z := stored()
	folded := folds(f)
	if folded[x.ID] {
		t.Error("the first load moves past the store")
	}
	if !folded[y.ID] || !folded[z.ID] {
		t.Error("the second load and the sum stay in locals")
	}
	if _, err := Functions([]*ir.Func{f}, Options{Fold: true, StackTop: 1024}); err != nil {
		t.Error(err)
	}
}

// TestCheckOrder: each order that could be told from the right one is refused.
func TestCheckOrder(t *testing.T) {
	f, x, store, y, z := stored()
	b := f.Blocks[0]
	for name, c := range map[string]struct {
		order []*ir.Value
		want  string
	}{
		"right":                  {[]*ir.Value{x, store, y, z}, ""},
		"load after store":       {[]*ir.Value{store, x, y, z}, "moved past"},
		"second load too early":  {[]*ir.Value{x, y, store, z}, "moved past"},
		"twice":                  {[]*ir.Value{x, store, y, x, z}, "twice"},
		"before what it needs":   {[]*ir.Value{x, store, z, y}, "which it uses"},
		"the store is forgotten": {[]*ir.Value{x, y, z}, "left out"},
	} {
		t.Run(name, func(t *testing.T) {
			switch err := checkOrder(b, c.order, nil); {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want something with %q", err, c.want)
			}
		})
	}
}

// TestFolderIsChecked: if the choice of what to fold were wrong, writing the
// function would fail.
func TestFolderIsChecked(t *testing.T) {
	f, x, _, _, _ := stored()
	w := &writer{f: f, opt: Options{Fold: true}, folded: folds(f), uses: f.Uses(), local: make([]int, f.NumValues())}
	w.folded[x.ID] = true
	if err := w.function(); err == nil {
		t.Error("a load that was folded past a store goes unnoticed")
	}
}

// TestFrames: slots in use get room of their own, others none.
func TestFrames(t *testing.T) {
	f := &ir.Func{Name: "f", Results: []ir.Type{ir.I32}}
	b := f.NewBlock()
	for _, size := range []int{3, 8, 100, 1} {
		f.Slots = append(f.Slots, &ir.Slot{Size: size})
	}
	var last *ir.Value
	for _, i := range []int{0, 2, 3} {
		last = b.Add(ir.OpSlot, ir.I32)
		last.Slot = f.Slots[i]
	}
	b.Term, b.Ctrl = ir.Return, []*ir.Value{last}
	f.Dominators()
	if n := layFrame(f); n != 8+104+8 {
		t.Errorf("the frame has %d bytes", n)
	}
	if got := []int{f.Slots[0].Offset, f.Slots[2].Offset, f.Slots[3].Offset}; !slices.Equal(got, []int{0, 8, 112}) {
		t.Errorf("the slots lie at %v", got)
	}
}
