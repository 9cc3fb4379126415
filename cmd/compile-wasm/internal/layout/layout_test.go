package layout_test

import (
	"go/token"
	"go/types"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/layout"
)

func field(name string, t types.Type) *types.Var {
	return types.NewField(token.NoPos, nil, name, t, false)
}

var (
	i8, i32, i64, f64, str, boolean = types.Typ[types.Int8], types.Typ[types.Int32], types.Typ[types.Int64], types.Typ[types.Float64], types.Typ[types.String], types.Typ[types.Bool]
	bytes                           = types.NewSlice(types.Typ[types.Byte])
)

func structOf(list ...types.Type) *types.Struct {
	var fields []*types.Var
	for i, t := range list {
		fields = append(fields, field(string(rune('a'+i)), t))
	}
	return types.NewStruct(fields, nil)
}

func TestLayout(t *testing.T) {
	wide := make([]types.Type, layout.MaxLeaves+1)
	for i := range wide {
		wide[i] = i32
	}
	for _, c := range []struct {
		t                 types.Type
		size, scalars     int
		inMemory, asBytes bool
		comparable        bool
	}{
		{i8, 1, 1, false, true, true},
		{types.Typ[types.Int], 4, 1, false, true, true},
		{f64, 8, 1, false, false, true},
		{str, 8, 2, false, false, true},
		{bytes, 12, 3, false, false, false},
		{types.NewPointer(i64), 4, 1, false, true, true},
		{structOf(i8, i32), 8, 2, false, false, true},  // padding
		{structOf(i32, i64), 12, 2, false, true, true}, // 64 bits are aligned to 4 bytes, as on 386
		{structOf(str, bytes, structOf(boolean)), 24, 6, false, false, false},
		{types.NewArray(i32, 3), 12, 1, true, true, true},
		{types.NewArray(f64, 16), 128, 1, true, false, true},
		{types.NewArray(f64, 17), 136, 1, true, false, false},
		{types.NewArray(i32, 0), 0, 0, false, true, true},
		{structOf(i32, types.NewArray(i8, 4)), 8, 1, true, true, true},
		{structOf(wide[1:]...), 48, 12, false, true, true},
		{structOf(wide...), 52, 1, true, true, true},
	} {
		l := layout.New()
		if got := l.Size(c.t); got != c.size {
			t.Errorf("%s: size %d, want %d", c.t, got, c.size)
		}
		if got := len(l.Scalars(c.t)); got != c.scalars {
			t.Errorf("%s: travels as %d scalars, want %d", c.t, got, c.scalars)
		}
		if l.InMemory(c.t) != c.inMemory || l.Comparable(c.t) != c.comparable || l.AsBytes(c.t) != c.asBytes && c.comparable {
			t.Errorf("%s: in memory %v, comparable %v, as bytes %v", c.t, l.InMemory(c.t), l.Comparable(c.t), l.AsBytes(c.t))
		}
	}
}

// TestLeaves: lengths are marked, and offsets are those of the fields.
func TestLeaves(t *testing.T) {
	s := structOf(i8, str, structOf(i64, bytes))
	want := []layout.Leaf{{layout.I8, 0, false}, {layout.U32, 4, false}, {layout.I32, 8, true}, {layout.I64, 12, false}, {layout.U32, 20, false}, {layout.I32, 24, true}, {layout.I32, 28, true}}
	got := layout.New().Leaves(s)
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("leaf %d is %v, want %v", i, got[i], want[i])
		}
	}
	if n := layout.New().FieldLeaf(s, 2); n != 3 {
		t.Errorf("field 2 begins at leaf %d, want 3", n)
	}
}
