package mutants

// blind are faults of the kinds that random programs and tests are blind to
// unless they are made for them: by what a program has to have for the fault to
// show. A kind without enough faults is a hole that nobody would see.
var blind = []struct {
	Kind  string
	Least int // faults that there have to be
	List  []Mutant
}{
	{"loops at the edges of their types", 6, []Mutant{
		{"a counter that goes down ends at 0", "opt/facts.go", "s.lo = math.MinInt32\n", "s.lo = 0\n"},
		{"a step down may pass the least number", "opt/condition.go", "limit = math.MinInt32 - s.by", "limit = math.MinInt32"},
		{"what isn't the greatest number is two below it", "opt/condition.go", "span{math.MinInt32, sa.hi - 1}", "span{math.MinInt32, sa.hi - 2}"},
		{"what isn't the least number is two above it", "opt/condition.go", "span{sa.lo + 1, math.MaxInt32}", "span{sa.lo + 2, math.MaxInt32}"},
		{"a guard without a sign holds for all numbers", "opt/condition.go", " || k.x != v || !k.y.NonNeg && !(isConst(k.y) && k.y.Imm >= 0)) {", " || k.x != v) {"},
		{"a loop has one beginning", "opt/facts.go", "return in.up && len(in.inits) == 1 && x.atMost(a, in.inits[0], k, depth)", "return in.up && x.atMost(a, in.inits[0], k, depth)"},
		{"a counter counts one way", "opt/condition.go", "if s.by > 0 != in.up {", "if s.by == 0 {"},
		{"the first beginning of a counter is all", "opt/facts.go", "s = span{min(s.lo, a.lo), max(s.hi, a.hi)}\n\t\t\t}", "_ = a\n\t\t\t}"},
	}},
	{"do-while", 3, []Mutant{
		{"a test after the step leaves one more", "opt/condition.go", "!guarded(s.sum, s.from, top, true)", "!guarded(s.sum, s.from, top+1, true)"},
		{"any number of 31 bits begins low enough", "opt/condition.go", "!(unsignedBits(a) < 31 && 1<<unsignedBits(a)-1 <= top)", "!(unsignedBits(a) <= 31)"},
		{"a constant begins low enough", "opt/condition.go", "!(isConst(a) && a.Imm <= top)", "!isConst(a)"},
		{"the greatest step is the first", "opt/condition.go", "greatest = max(greatest, s.by)", "greatest = steps[0].by"},
	}},
	{"aggregates across calls", 5, []Mutant{
		{"an aggregate is read where it was in spite of other blocks", "lower/memory.go", "if r.Block() != v.Block() {", "if r.Block() == nil {"},
		{"an aggregate that is passed on is read where it was", "lower/memory.go", "case *ssa.Index, *ssa.Field, *ssa.BinOp:\n\t\tdefault:\n\t\t\treturn false", "default:"},
		{"what a call returns is no dead frame", "ir/func.go", "case OpCall, OpResult:\n\t\treturn true", "case OpCall, OpResult:\n\t\treturn false"},
		{"a way that copies for a phi is every way", "lower/function.go", "l.b.Succs[slices.Index(l.b.Succs, to)] = mid", "l.b.Succs[0] = mid"},
		{"a copy takes 12 scalars", "lower/call.go", "l.copyBytes(to, out[n], l.layout.Size(t))", "l.copyBytes(to, out[n], min(l.layout.Size(t), 48))"},
		{"a field of a value is its first", "lower/memory.go", "n := l.layout.FieldLeaf(s, v.Field)", "n := l.layout.FieldLeaf(s, v.Field) * 0"},
		{"results come one after the other", "lower/function.go", "n += len(l.layout.Scalars(tuple.At(i).Type()))", "n += min(len(l.layout.Scalars(tuple.At(i).Type())), 1)"},
	}},
	{"addresses in loops", 4, []Mutant{
		{"a variable of a loop may be held by one outside", "analyse/escape.go", "case g == f && h != i && loops && b.Block() != a.Block():", "case g == f && h == i && loops && b.Block() != a.Block():"},
		{"a block that is its own loop is none", "analyse/escape.go", "e.cyclic[b] = true\n", "e.cyclic[b] = false\n"},
		{"a loop of several blocks is none", "analyse/escape.go", "e.cyclic[x] = e.cyclic[x] || len(open)-at > 1", "_ = x"},
		{"an address that a loop carries goes nowhere", "analyse/flow.go", "for _, x := range v.Edges {\n\t\t\te.pass(x, v)", "for _, x := range v.Edges[:1] {\n\t\t\te.pass(x, v)"},
		{"addresses around a loop are promoted", "opt/promote.go", "for _, a := range phi.Args {\n\t\t\t\tif k, ok := p.at[a]; ok {", "for _, a := range phi.Args[:1] {\n\t\t\t\tif k, ok := p.at[a]; ok {"},
	}},
	{"pointers that escape", 10, []Mutant{
		{"through append's elements", "analyse/flow.go", "e.elements(v, args[1])", "_ = args"},
		{"through copy", "analyse/flow.go", "e.elements(args[0], args[1])", "_ = args"},
		{"through one of several results", "analyse/flow.go", "e.pass(v.Tuple, v)", "_ = v"},
		{"through an element of an array", "analyse/flow.go", "case *ssa.Index:\n\t\te.pass(v.X, v)", "case *ssa.Index:"},
		{"through a field of a value", "analyse/flow.go", "case *ssa.Field:\n\t\te.pass(v.X, v)", "case *ssa.Field:"},
		{"through a conversion to another type", "analyse/flow.go", "case *ssa.ChangeType:\n\t\te.pass(v.X, v)", "case *ssa.ChangeType:"},
		{"through an unsafe pointer", "analyse/flow.go", "case fromSlice == toSlice && hasPointers(v.X.Type()):\n\t\te.copy(v.X, v)", "case fromSlice == toSlice && hasPointers(v.X.Type()):"},
		{"through a number", "analyse/flow.go", "if hasPointers(v.X.Type()) {\n\t\t\te.leak(v.X)\n\t\t}\n\tcase fromSlice", "if hasPointers(v.X.Type()) {\n\t\t\t_ = v\n\t\t}\n\tcase fromSlice"},
		{"through a slice of an array", "analyse/flow.go", "case *ssa.Slice:\n\t\te.copy(v.X, v)", "case *ssa.Slice:"},
		{"through an array behind a slice", "analyse/flow.go", "case *ssa.SliceToArrayPointer:\n\t\te.copy(v.X, v)", "case *ssa.SliceToArrayPointer:"},
		{"through a parameter", "analyse/flow.go", "e.copy(a, callee.Params[i])", "_ = i"},
		{"through what is loaded", "analyse/flow.go", "if v.Op == token.MUL && hasPointers(v.Type()) {", "if v.Op == token.MUL && v == nil {"},
		{"through an element's address", "analyse/flow.go", "case *ssa.IndexAddr:\n\t\te.copy(v.X, v)", "case *ssa.IndexAddr:"},
		{"through unsafe.Slice and its kin", "analyse/flow.go", "\"ssa:wrapnilchk\":\n\t\t\te.copy(args[0], v)", "\"ssa:wrapnilchk\":"},
		{"through arrays of pointers", "analyse/escape.go", "return hasPointers(u.Elem())", "return false"},
	}},
	{"widths mixed in one place", 6, []Mutant{
		{"a load of another width is the same", "opt/share.go", "k.load == v.Op && k.value.Type == v.Type", "k.value.Type == v.Type"},
		{"a byte that is stored is what is loaded", "opt/share.go", "ir.OpStoreF64: ir.OpLoadF64}", "ir.OpStoreF64: ir.OpLoadF64, ir.OpStore8: ir.OpLoad8U}"},
		{"a half word that is stored is what is loaded", "opt/share.go", "ir.OpStoreF64: ir.OpLoadF64}", "ir.OpStoreF64: ir.OpLoadF64, ir.OpStore16: ir.OpLoad16S}"},
		{"the end of one part may be in the next", "opt/promote.go", "end > list[i+1].offset ||", "end > list[i+1].offset+8 ||"},
		{"a part that is half cleared is cleared", "opt/promote.go", "&& (k.offset < from || end > to) {", "&& k.offset < from && end > to {"},
		{"16 bits that are read back are 8", "opt/promote.go", "case ir.OpLoad16S:\n\t\treturn f.NewValue(ir.OpExtend16", "case ir.OpLoad16S:\n\t\treturn f.NewValue(ir.OpExtend8"},
		{"bytes that are read back keep their sign", "opt/promote.go", "case ir.OpLoad8U:\n\t\treturn mask(0xff)", "case ir.OpLoad8U:\n\t\treturn v"},
		{"places in constant memory never meet", "opt/share.go", "at, end = at+k.base.Imm, end+k.base.Imm", "at, end = at+k.base.Imm+8, end+k.base.Imm+8"},
	}},
	{"conversions in chains", 8, []Mutant{
		{"a sign that may be needed is none", "opt/simplify.go", "if unsignedBits(x) < width ||", "if unsignedBits(x) <= width ||"},
		{"uint16 keeps 17 bits", "lower/arith.go", "l.i32(0xffff)", "l.i32(0x1ffff)"},
		{"int16 is as narrow as int8", "lower/arith.go", "return l.add(ir.OpExtend16, v)", "return l.add(ir.OpExtend8, v)"},
		{"64 bits go through int8 unchanged", "lower/arith.go", "return l.narrow(l.add(ir.OpWrap, x), b)", "return l.add(ir.OpWrap, x)"},
		{"a small number keeps what another had", "lower/arith.go", "return l.narrow(x, b)", "return x"},
		{"uint32 is widened by its sign", "lower/arith.go", "return l.add(ir.OpExtendU, x)", "return l.add(ir.OpExtendS, x)"},
		{"a float is a number with a sign", "lower/arith.go", "if b == layout.U64 {", "if b == layout.U64 && b.Float() {"},
		{"a float that becomes int8 stays wide", "lower/arith.go", "n = l.narrow(l.add(ir.OpWrap, n), b)", "n = l.add(ir.OpWrap, n)"},
		{"numbers without a sign are compared by it once wide", "opt/binary.go", "x.Op == ir.OpExtendU && y.Op == ir.OpExtendU && !signed,", "x.Op == ir.OpExtendU && y.Op == ir.OpExtendU,"},
		{"a constant is widened by its sign", "opt/constant.go", "return int64(uint32(x)), true", "return int64(int32(x)), true"},
		{"a constant int16 keeps its bits", "opt/constant.go", "return int64(int16(x)), true", "return x, true"},
		{"a shift right is one short", "opt/facts.go", "k := v.Args[1].Imm & 31", "k := (v.Args[1].Imm + 1) & 31"},
		{"a quotient is less than it can be", "opt/facts.go", "return span{0, a.hi / b.lo}", "return span{0, a.hi/b.lo - 1}"},
		{"what is wrapped has a bit less", "opt/facts.go", "if n := unsignedBits(v.Args[0]); n < 32 {\n\t\t\treturn span{0, 1<<n - 1}", "if n := unsignedBits(v.Args[0]); n < 32 {\n\t\t\treturn span{0, 1<<max(n-1, 0) - 1}"},
	}},
	{"zero-size types", 4, []Mutant{
		{"an empty array is in memory", "layout/layout.go", "m = u.Len() > 0\n", "m = u.Len() >= 0\n"},
		{"empty arrays differ", "lower/arith.go", "a.Len() == 0 {\n\t\treturn l.i32(1), x, y", "a.Len() == 0 {\n\t\treturn l.i32(0), x, y"},
		{"an element of an empty array has an address", "lower/memory.go", "if a.Len() == 0 { // always", "if a.Len() < 0 { // always"},
		{"a parameter without scalars isn't there", "lower/function.go", "l.values[p] = nil // there, even if it has no scalars", "_ = p"},
		{"slices of nothing have no length", "rt/rt.go", "size > 0 && capacity > (1<<31-1)/size", "capacity > (1<<31-1)/max(size, 1<<30)"},
	}},
	{"package initialisers", 4, []Mutant{
		{"the last byte of data is lost", "build/image.go", "b[i:last+1]...)", "b[i:last]...)"},
		{"data after a gap is lost", "build/image.go", "i = last + 1", "i = last + 64"},
		{"what initialisers allocate is given back", "build/image.go", "return image{int(heap), segments(", "return image{memory.Top(), segments("},
		{"initialisers call each other", "lower/call.go", "if analyse.IsInit(l.src) && analyse.IsInit(callee) {", "if analyse.IsInit(l.src) && !analyse.IsInit(callee) {"},
	}},
	{"large frames", 4, []Mutant{
		{"a frame is 4 KiB at most", "emit/frame.go", "size += (s.Size + frameAlign - 1) &^ (frameAlign - 1)", "size += min((s.Size+frameAlign-1)&^(frameAlign-1), 4096)"},
		{"slots lie one in the other", "emit/frame.go", "s.Offset = size\n", "s.Offset = size &^ 63\n"},
		{"callees share the frame", "emit/frame.go", "if !users[f] && (frames[f] > 0 || callsAny(f, users)) {", "if !users[f] && frames[f] > 0 {"},
		{"an offset has 12 bits", "emit/value.go", "offset+int64(args[0].Slot.Offset)", "offset+int64(args[0].Slot.Offset&0xfff)"},
		{"a chain ends at the first callee", "build/stack.go", "d != c && (c.next == nil || d.need > c.next.need)", "d != c && c.next == nil"},
	}},
	{"checks that must stay", 10, []Mutant{
		{"a quotient that isn't used doesn't trap", "opt/clean.go", "if v.Effect()&(ir.Writes|ir.Traps) != 0 {", "if v.Effect()&ir.Writes != 0 || v.Op == ir.OpCheck {"},
		{"a nil pointer can be read", "lower/memory.go", "l.check(l.add(ir.OpI32Eqz, p))", "_ = p"},
		{"the high end may pass a third index", "lower/memory.go", "l.check(l.add(ir.OpI32GtU, hi, top))", "_ = top"},
		{"unsafe.Slice takes a negative length", "lower/call.go", "l.check(l.add(ir.OpI32LtS, n, l.i32(0)))", "_ = n"},
		{"a slice is as long as the array behind it", "lower/function.go", "l.check(l.add(ir.OpI32LtS, s[1], l.i32(n)))", "_ = n"},
		{"a shift by a negative number is one", "lower/arith.go", "l.check(l.arith(token.LSS, ky, y, l.constOf(y.Type, 0)))", "_ = ky"},
		{"bytes are there to be read as a word", "lower/intrinsic.go", "l.check(l.add(ir.OpI32LtU, s[1], l.i32(a.bytes)))", "_ = a"},
		{"a length has 31 bits", "lower/memory.go", "l.check(l.add(ir.OpI64GeU, i, l.add(ir.OpExtendU, n)))\n\t\treturn l.add(ir.OpWrap, i)", "w := l.add(ir.OpWrap, i)\n\t\tl.check(l.add(ir.OpI32GeU, w, n))\n\t\treturn w"},
		{"an index is below an unsigned bound", "opt/condition.go", "case truth && x.span(k.y, deep).lo >= 0:", "case truth:"},
		{"a number that may be negative is below what may be", "opt/condition.go", "case sx.lo >= 0 && sy.lo >= 0:\n\t\t\treturn x.less(k.x, k.y)", "case sy.lo >= 0:\n\t\t\treturn x.less(k.x, k.y)"},
		{"an offset from nil isn't nil", "opt/condition.go", "case ir.OpSlot, ir.OpOffset:\n\t\treturn true", "case ir.OpSlot, ir.OpOffset, ir.OpLoad32:\n\t\treturn true"},
		{"the greater of two is below both bounds", "opt/facts.go", "(c.Op == ir.OpI32LtS || c.Op == ir.OpI32LeS) &&", "(c.Op == ir.OpI32LtS || c.Op == ir.OpI32LeS || c.Op == ir.OpI32GtS) &&"},
		{"a difference never wraps around", "opt/facts.go", "if s.lo-t.hi >= math.MinInt32 && s.hi-t.lo <= math.MaxInt32 {", "if s.lo <= s.hi && t.lo <= t.hi {"},
		{"a loop has no end to wait for", "opt/whole.go", "if b.Term == ir.Unreachable || b.IsLoop() {", "if b.IsLoop() {"},
		{"make takes any length", "rt/rt.go", "if n < 0 || capacity < n ||", "if capacity < 0 ||"},
	}},
	{"locals and moves", 4, []Mutant{
		{"what is dropped has one type", "emit/joins.go", "ok && (!drops || t.allLeave(ways, k, typ))", "ok"},
		{"two parameters may share a local", "emit/locals.go", "a.values[p].Op == ir.OpParam && a.values[q].Op == ir.OpParam", "p == q"},
		{"results of a call are apart from nothing", "emit/locals.go", "for _, n := range all {\n\t\tdefine(n)", "for _, n := range all {\n\t\t_ = n"},
		{"what a class must avoid is forgotten", "emit/locals.go", "a.apart[p].unite(a.apart[q])", "_ = q"},
		{"two that are alive on one side only may share", "emit/locals.go", "return slices.ContainsFunc(a.member[p], a.apart[q].has) || slices.ContainsFunc(a.member[q], a.apart[p].has)", "return false"},
	}},
}

// All are the faults of both lists.
func All() (out []Mutant) {
	out = append(out, List...)
	for _, k := range blind {
		out = append(out, k.List...)
	}
	return out
}
