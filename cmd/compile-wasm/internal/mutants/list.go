package mutants

// Mutant is one fault: in File, below cmd/compile-wasm/internal, From (which is
// there exactly once) becomes To.
type Mutant struct {
	Name, File, From, To string
}

// List are the faults, by the stage that they are in.
var List = []Mutant{
	{"a variable returned by its function stays on the stack", "analyse/escape.go", "if e.of(results{f}).has(i) {", "if false {"},
	{"recursion is no danger to a frame's variables", "analyse/escape.go", "case e.calls[g][f]:", "case g != f && e.calls[g][f]:"},
	{"loops are no danger to their variables", "analyse/escape.go", "return true // carried from one round to the next", "return false"},
	{"what leaks through a leaked variable stays", "analyse/escape.go", "e.content[i].each(mark)", "_ = i"},
	{"bytes may change before a string of them is compared", "analyse/alloc.go", "if MayWrite(b.Instrs[i]) {", "if false {"},

	{"initialisers are left out", "analyse/reach.go", "(len(src.TypesInfo.InitOrder) > 0 || declaresInit(src))", "len(src.TypesInfo.InitOrder) > 99 && declaresInit(src)"},
	{"packages are initialised as they are imported", "analyse/init.go", "p := slices.MinFunc(ready, func(a, b *types.Package) int { return strings.Compare(symbol(a), symbol(b)) })", "p := ready[0]"},
	{"packages are initialised by their paths", "analyse/init.go", "return b.String() + \"..inittask\"", "return path"},
	{"packages without a task hold others up", "analyse/init.go", "order := schedule(list, func(p *types.Package) bool { return tasks[p] >= perhaps })", "order := schedule(list, func(p *types.Package) bool { return p != nil })"},
	{"an order that gc decides is guessed", "analyse/init.go", "rank[p] > rank[q] && !differs[pair]", "rank[p] > rank[q]+9 && !differs[pair]"},
	{"writes through parameters are forgotten", "analyse/effects.go", "a := argument(p, args)", "a := argument(p, nil)\n\t\t\t\tif len(args) > 0 {\n\t\t\t\t\tcontinue\n\t\t\t\t}"},
	{"a callee's callees write nothing", "analyse/effects.go", "if !fresh(w.Root) && !e.writes[f][w] {", "if _, call := in.(*ssa.Call); !call && !fresh(w.Root) && !e.writes[f][w] {"},
	{"a read before a call that writes it passes", "subset/order.go", "if v.effects.MayTouch(r.Access, w) {", "if len(v.early) > 9 && v.effects.MayTouch(r.Access, w) {"},
	{"what a place is read through is forgotten", "subset/order.go", "v.early = append(v.early, on...)", "_ = on"},
	{"any variable fits a frame", "subset/instr.go", "n < 0 || n > MaxLocal", "n < 0"},
	{"only the first frame of a chain counts", "build/stack.go", "c.need += c.next.need", "c.need += 0"},
	{"an initialiser's place is its last instruction's", "lower/watch.go", "if analyse.IsInit(l.src) {", "if false {"},
	{"a host's bool is any number", "lower/program.go", "v = b.Add(ir.OpI32Ne, ir.I32, v, b.Const(ir.I32, 0))", "v.NonNeg = true"},
	{"an empty parameter takes the next one's place", "lower/call.go", "args = append(args, l.get(a)...)", "if args = append(args, l.get(a)...); len(l.get(a)) == 0 {\n\t\t\targs = append(args, l.i32(0))\n\t\t}"},

	{"an index may be the length", "lower/memory.go", "l.check(l.add(ir.OpI32GeU, i, n))", "l.check(l.add(ir.OpI32GtU, i, n))"},
	{"a slice's low end isn't checked", "lower/memory.go", "l.check(l.add(ir.OpI32GtU, low, hi))", "_ = hi"},
	{"the original stands for a copy in spite of writes", "lower/memory.go", "if analyse.MayWrite(instrs[i]) {", "if analyse.MayWrite(instrs[i]) && false {"},
	{"a variable isn't cleared", "lower/memory.go", "return st.Val != v\n\t\t}", "return st.Val != v\n\t\t}\n\t\tif len(in.Operands(nil)) > 0 {\n\t\t\treturn true\n\t\t}"},
	{"int8 isn't narrowed", "lower/arith.go", "return l.add(ir.OpExtend8, v)", "return v"},
	{"the least number divided by -1", "lower/arith.go", "q := l.arith(token.QUO, k, x, divisor)", "q := l.arith(token.QUO, k, x, y)\n\t_ = divisor"},
	{"shifts by too much wrap around", "lower/arith.go", "return l.b.Add(ir.OpSelect, x.Type, shifted, l.constOf(x.Type, 0), small)", "return shifted"},
	{"uint32 to float is signed", "lower/arith.go", "if !a.Signed() {\n\t\t\top++", "if !a.Signed() && a.Type() == ir.I64 {\n\t\t\top++"},
	{"a result in the callee's frame isn't saved", "lower/call.go", "l.copyBytes(to, out[n], l.layout.Size(t))\n\t\t\tout[n] = to", "_ = to"},
	{"two aggregates swap through each other", "lower/function.go", "if len(phis) > 1 {", "if len(phis) > 5 {"},
	{"a trap leaks memory", "lower/program.go", "set(GlobalHeap, get(GlobalKeep))", "_ = get"},

	{"calls are thought to leave memory alone", "opt/share.go", "if v.Effect()&ir.Writes != 0 {\n\t\t\treturn nil\n\t\t}", "if false {\n\t\t\treturn nil\n\t\t}"},
	{"stores through other pointers are thought apart", "opt/share.go", "return !fixed(base) || !fixed(k.base)", "return !fixed(base) && !fixed(k.base)"},
	{"a loop's writes are forgotten", "opt/share.go", "if len(c.Preds) == 1 {\n\t\treturn out", "if len(c.Preds) > 0 {\n\t\treturn out"},
	{"a condition outlives its branch", "opt/share.go", "s.facts.back(inner)", "_ = inner"},
	{"less is taken for much less", "opt/condition.go", "x.assumeAtMost(k.x, k.y, -1)\n\t\t} else {", "x.assumeAtMost(k.x, k.y, -2)\n\t\t} else {"},
	{"sums never wrap around", "opt/facts.go", "return a.lo >= 0 && b.lo >= 0 && (ok && known.lo >= 0 || v.NonNeg || x.parts(v) != nil)", "return ok || known.lo <= 0"},
	{"a counter needs no guard", "opt/condition.go", "if greatest-slack <= limit {", "if greatest-slack <= limit || true {"},
	{"a counter may begin anywhere", "opt/condition.go", "if from.Order < phi.Block.Order && !(isConst(a)", "if false && !(isConst(a)"},
	{"a counter's two proofs are mixed", "opt/condition.go", "!guarded(phi, s.sum.Block, top-s.by, true)", "!guarded(phi, s.sum.Block, math.MaxInt32-s.by, true)"},
	{"a guarded step may be one too long", "opt/condition.go", "limit := math.MaxInt32 - s.by", "limit := math.MaxInt32 - s.by + 1"},
	{"a sign extension before a wider store is dropped", "opt/simplify.go", "\t\talone = 0xff\n", "\t\talone = 0xffff\n"},
	{"arithmetic shift of constants", "opt/constant.go", "n = x >> (uy & 31)", "n = int32(ux >> (uy & 31))"},
	{"parts of a slot may overlap", "opt/promote.go", "if old, ok := p.parts[k]; ok && old != s {", "if old, ok := p.parts[k]; false && old != s && ok {"},
	{"short copies overlap wrongly", "opt/expand.go", "at += 8", "at += 9"},
	{"functions are thought not to write", "opt/whole.go", "e |= v.Effect() &^ ir.ReadsDead", "e |= v.Effect() &^ ir.ReadsDead &^ ir.Writes"},
	{"a function's frame is its own affair", "opt/whole.go", "e |= ir.Clobbers", "_ = f"},
	{"a parameter is never nil", "opt/whole.go", "if !ok && f.NonNil[i] {", "if !ok && f.NonNil[i] && len(list) > 1 {"},
	{"inlined results change places", "opt/inline.go", "phi.Args = append(phi.Args, out[i])", "phi.Args = append(phi.Args, out[len(out)-1-i])"},

	{"loads are folded past stores", "emit/fold.go", "e&ir.Reads != 0 && there(ir.Writes) ||", "e&ir.Reads != 0 && false ||"},
	{"a dead frame outlives a call", "emit/fold.go", "e&ir.ReadsDead != 0 && there(ir.Clobbers) ||", "e&ir.ReadsDead != 0 && false ||"},
	{"phis are set one after the other", "emit/function.go", "for _, phi := range slices.Backward(moved) {", "for _, phi := range moved {"},
	{"the stack pointer stays where it is", "emit/function.go", "w.code.Local(wasm.OpLocalTee, w.fp)\n\t\t\tsetStack()", "w.code.Local(wasm.OpLocalSet, w.fp)"},
	{"the stack pointer isn't put back", "emit/function.go", "w.code.Op(wasm.OpI32Add)\n\tw.code.Local(wasm.OpGlobalSet, w.opt.StackGlobal)", "w.code.Op(wasm.OpI32Add, wasm.OpDrop)"},
	{"the opposite of less is less or equal", "emit/value.go", "ir.OpI32LtS: ir.OpI32GeS, ir.OpI32GeS: ir.OpI32LtS, ir.OpI32LtU", "ir.OpI32LtS: ir.OpI32GtS, ir.OpI32GeS: ir.OpI32LtS, ir.OpI32LtU"},
	{"zero stays on the left", "emit/comparison.go", "if x.Op.IsConst() && !y.Op.IsConst() {", "if x.Op.IsConst() && false {"},
	{"masks are compared with zero by unsigned order", "emit/comparison.go", "if !y.IsConst(0) || x.Op != ir.OpI32And && x.Op != ir.OpI64And {", "if y != nil {"},
	{"a phi hides a zero", "emit/comparison.go", "if v.Op != ir.OpPhi {", "if v.Op == ir.OpPhi || true {"},
	{"a slot's place is left out of an offset", "emit/value.go", "offset+int64(args[0].Slot.Offset)", "offset"},

	{"a value's local is taken while it is alive", "emit/locals.go", "a.apart[i].unite(alive)\n\t\t\tfor", "for"},
	{"phis join what lives beside them", "emit/locals.go", "if p == q || a.clash(p, q) {", "if p == q {"},

	{"a mask may be compared with zero on its left", "wasm/masks.go", "x&zero != 0 && y&mask != 0 || x&mask", "x&mask"},
	{"a module is taken unread", "build/usable.go", "if _, err := wasm.Inspect(bin); err != nil {", "if _, err := wasm.Inspect(bin); err != nil && false {"},
	{"a mask is lost in a local", "wasm/masks.go", "m.push(m.locals.get(m.local()))", "m.local()\n\t\tm.push(other)"},
	{"what one way holds is held on all", "wasm/held.go", "h.get(i) != v && h.get(i) != other {", "h.get(i) != v && false {"},
	{"a loop leaves masks as they were", "wasm/masks.go", "m.again = true\n\t}\n\tm.headers", "_ = h\n\t}\n\tm.headers"},

	{"a word too few is compared", "rt/rt.go", "for ; n > 8; n -= 8 {", "for ; n > 16; n -= 8 {"},
	{"memory given back isn't cleared", "rt/rt.go", "if h := high(); p < h {", "if h := high(); p > h {"},
	{"negative numbers lose their sign", "wasm/code.go", "if v == 0 && b&0x40 == 0 || v == -1 && b&0x40 != 0 {", "if v == 0 || v == -1 && b&0x40 != 0 {"},
}
