package emit

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/ir"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/wasm"
	"github.com/tetratelabs/wazero"
)

// Pieces of code. Locals 0 and 1 are parameters.
func get(n int64) instr    { return instr{op: opGet, n: n} }
func put(n int64) instr    { return instr{op: opSet, n: n} }
func num(n int64) instr    { return instr{op: ir.OpI32Const, n: n} }
func plain(op ir.Op) instr { return instr{op: op} }

func enclose(op ir.Op, result ir.Type, body func(b *block) []instr, other ...instr) instr {
	b := &block{result: result, loop: op == opLoop, other: other}
	b.body = body(b)
	return instr{op: op, block: b}
}

func when(body []instr, other ...instr) instr {
	return enclose(opIf, ir.Void, func(*block) []instr { return body }, other...)
}

// text writes code in one line. A branch is told with how many blocks it leaves.
func text(code []instr) string {
	names := map[ir.Op]string{
		opGet: "get", opSet: "set", opTee: "tee", opBr: "br", opBrIf: "br_if", opReturn: "return", opDrop: "drop", opUnreachable: "unreachable",
		ir.OpI32Const: "i32", ir.OpI32Eqz: "eqz", ir.OpI32Add: "add", ir.OpI32LtS: "lt", ir.OpI32GeS: "ge", ir.OpGlobalSet: "global.set",
	}
	var open []*block
	var write func(code []instr) string
	write = func(code []instr) string {
		var out []string
		for _, i := range code {
			switch {
			case i.structured():
				open = append(open, i.block)
				s := map[ir.Op]string{opBlock: "block", opLoop: "loop", opIf: "if"}[i.op]
				if i.block.result != ir.Void {
					s += ":" + i.block.result.String()
				}
				s += " {" + write(i.block.body) + "}"
				if len(i.block.other) > 0 {
					s += " else {" + write(i.block.other) + "}"
				}
				open = open[:len(open)-1]
				out = append(out, s)
			case i.to != nil:
				depth := len(open)
				for k, b := range open {
					if b == i.to {
						depth = len(open) - 1 - k
					}
				}
				out = append(out, fmt.Sprint(names[i.op], " ", depth))
			case i.op == opGet, i.op == opSet, i.op == opTee, i.op == ir.OpI32Const, i.op == ir.OpGlobalSet:
				out = append(out, fmt.Sprint(names[i.op], " ", i.n))
			default:
				out = append(out, names[i.op])
			}
		}
		return strings.Join(out, ", ")
	}
	return write(code)
}

// note stands for something to be done: it takes nothing, and leaves nothing.
func note(n int64) []instr { return []instr{num(n), {op: ir.OpGlobalSet}} }

func list(parts ...any) (code []instr) {
	for _, p := range parts {
		switch p := p.(type) {
		case instr:
			code = append(code, p)
		case []instr:
			code = append(code, p...)
		}
	}
	return code
}

// TestTidy: each way to write less.
func TestTidy(t *testing.T) {
	br := func(b *block) instr { return instr{op: opBr, to: b} }
	brIf := func(b *block) instr { return instr{op: opBrIf, to: b} }
	ret := plain(opReturn)
	in := func(body func(b *block) []instr) instr { return enclose(opBlock, ir.Void, body) }
	one := []ir.Type{ir.I32}
	for name, c := range map[string]struct {
		results []ir.Type
		code    []instr
		want    string
	}{
		"a last return":               {nil, list(note(1), ret), "i32 1, global.set 0"},
		"a last return of a value":    {one, list(get(0), ret), "get 0"},
		"a block that nothing leaves": {nil, list(in(func(b *block) []instr { return list(note(1), br(b)) }), note(2)), "i32 1, global.set 0, i32 2, global.set 0"},
		"a branch past the rest": {nil, list(in(func(b *block) []instr { return list(get(0), brIf(b), note(1)) }), note(2)),
			"get 0, eqz, if {i32 1, global.set 0}, i32 2, global.set 0"},
		"its opposite": {nil, list(in(func(b *block) []instr { return list(get(0), get(1), plain(ir.OpI32LtS), brIf(b), note(1)) }), note(2)),
			"get 0, get 1, ge, if {i32 1, global.set 0}, i32 2, global.set 0"},
		"three branches past the rest": {nil, list(in(func(b *block) []instr {
			return list(get(0), brIf(b), note(1), get(1), brIf(b), note(1), get(0), brIf(b), note(3))
		}), note(2)),
			"block {get 0, br_if 0, i32 1, global.set 0, get 1, br_if 0, i32 1, global.set 0, get 0, br_if 0, i32 3, global.set 0}, i32 2, global.set 0"},
		"a way past the other arm": {nil, list(in(func(b *block) []instr { return list(get(0), when(list(note(1), br(b))), note(2)) }), note(3)),
			"get 0, if:i32 {i32 1} else {i32 2}, global.set 0, i32 3, global.set 0"},
		"an arm that goes elsewhere": {nil, list(get(0), when(list(note(1), ret), note(2)...), note(3)),
			"get 0, if:i32 {i32 1} else {i32 2, global.set 0, i32 3}, global.set 0"},
		"the other arm traps": {nil, list(get(0), when(note(1), plain(opUnreachable)), note(3)),
			"get 0, eqz, if {unreachable}, i32 1, global.set 0, i32 3, global.set 0"},
		"a return alone": {nil, list(enclose(opLoop, ir.Void, func(b *block) []instr { return list(get(0), when(list(ret)), note(1), br(b)) })),
			"loop {get 0, eqz, if {i32 1, global.set 0, br 1}}"},
		"a loop that is left": {nil, list(in(func(b *block) []instr {
			return list(enclose(opLoop, ir.Void, func(l *block) []instr { return list(get(0), brIf(b), note(1), br(l)) }))
		}), note(2)),
			"loop {get 0, eqz, if {i32 1, global.set 0, br 1}}, i32 2, global.set 0"},
		"arms set one local": {one, list(get(0), when(list(num(1), put(2)), num(5), put(2)), get(2), ret), "get 0, if:i32 {i32 1} else {i32 5}"},
		"arms end alike":     {nil, list(get(0), when(list(note(1), note(3)), list(note(2), note(3))...)), "get 0, if:i32 {i32 1} else {i32 2}, global.set 0, i32 3, global.set 0"},
		"ways out set one local": {one, list(in(func(b *block) []instr {
			return list(get(0), when(list(num(1), put(2), br(b))), get(1), when(list(num(4), put(2), br(b))), note(1), num(5), put(2))
		}), get(2), get(2), plain(ir.OpI32Add), ret),
			"get 0, if:i32 {i32 1} else {get 1, if:i32 {i32 4} else {i32 1, global.set 0, i32 5}}, tee 2, get 2, add"},
		"a value on the way out": {one, list(get(0), when(list(num(7), ret)), get(1), when(list(note(1), num(8), ret)), get(1), when(list(num(9), ret)), note(2), note(4), get(0), ret),
			"get 0, if:i32 {i32 7} else {get 1, if:i32 {i32 1, global.set 0, i32 8} else {get 1, if:i32 {i32 9} else {i32 2, global.set 0, i32 4, global.set 0, get 0}}}"},
		"a way out with a condition": {nil, list(in(func(b *block) []instr {
			return list(get(0), brIf(b), enclose(opLoop, ir.Void, func(l *block) []instr {
				return list(get(1), when(list(note(7), br(b))), note(1), get(0), brIf(l))
			}), note(8))
		}), note(2)),
			"block {get 0, br_if 0, loop {get 1, if {i32 7, global.set 0, br 2}, i32 1, global.set 0, get 0, br_if 0}, i32 8, global.set 0}, i32 2, global.set 0"},
		"a local for the round after next": {nil, list(enclose(opLoop, ir.Void, func(outer *block) []instr {
			return list(get(2), plain(ir.OpGlobalSet), enclose(opLoop, ir.Void, func(inner *block) []instr {
				return list(get(0), when(list(num(5), put(2), br(inner))), get(1), brIf(outer))
			}))
		})),
			"loop {get 2, global.set 0, loop {get 0, if {i32 5, set 2, br 1}, get 1, br_if 1}}"},
		"a return before a loop that is never left": {one, list(get(0), when(list(get(0), ret)), enclose(opLoop, ir.Void, func(l *block) []instr {
			return list(get(1), when(list(note(1), br(l))), plain(opUnreachable))
		})),
			"get 0, eqz, if {loop {get 1, if {i32 1, global.set 0, br 1}, unreachable}}, get 0"},
		"a local for nothing": {nil, list(get(0), put(2), get(1), put(2), get(2), plain(ir.OpGlobalSet)), "get 1, global.set 0"},
		"two checks": {nil, list(in(func(b *block) []instr { return list(get(0), brIf(b), note(1), get(1), brIf(b), note(2), ret) }), plain(opUnreachable)),
			"get 0, if {unreachable}, i32 1, global.set 0, get 1, if {unreachable}, i32 2, global.set 0"},
	} {
		t.Run(name, func(t *testing.T) {
			f := &ir.Func{Name: "f", Params: []ir.Type{ir.I32, ir.I32}, Results: c.results}
			if got := text(tidy(f, []ir.Type{ir.I32, ir.I32, ir.I32}, c.code)); got != c.want {
				t.Errorf("got\n%s, want\n%s", got, c.want)
			}
		})
	}
}

// scribe writes random code that ends: each loop counts down a local of its own.
type scribe struct {
	r       *rand.Rand
	open    []*block
	results []ir.Type
	loops   int
	rounds  map[*block]int64 // the local that counts a loop's rounds
}

const plainLocals, loopLocals = 5, 40

func (s *scribe) value(depth int) []instr {
	local := func() int64 { return s.r.Int64N(plainLocals) }
	switch k := s.r.IntN(8); {
	case depth == 0 || k == 0:
		return list(num(s.r.Int64N(4)))
	case k < 4:
		return list(get(local()))
	case k == 4:
		return list(s.value(depth-1), plain(ir.OpI32Eqz))
	case k == 5:
		return list(s.value(depth-1), instr{op: opTee, n: local()})
	}
	ops := []ir.Op{ir.OpI32Add, ir.OpI32LtS, ir.OpI32Eq, ir.OpI32Sub}
	return list(s.value(depth-1), s.value(depth-1), plain(ops[s.r.IntN(len(ops))]))
}

// traced notes a value in a global, so that the order of all that is done shows.
func (s *scribe) traced() []instr {
	return list(instr{op: ir.OpGlobalGet}, num(31), plain(ir.OpI32Mul), s.value(1), plain(ir.OpI32Add), instr{op: ir.OpGlobalSet})
}

func (s *scribe) leave() []instr {
	k := s.r.IntN(len(s.open) + 1)
	if k < len(s.open) && s.open[k].loop {
		return list(s.again(s.open[k]), when(list(s.traced(), instr{op: opBr, to: s.open[k]})), plain(opUnreachable))
	}
	if k == len(s.open) {
		if len(s.results) == 0 {
			return list(plain(opReturn))
		}
		return list(s.value(2), plain(opReturn))
	}
	return list(instr{op: opBr, to: s.open[k]})
}

// ended reports whether code ends by leaving.
func ended(code []instr) bool {
	t := &tidier{whole: &block{body: code}}
	t.measure()
	return leaves(code)
}

// again is whether a loop may go round once more.
func (s *scribe) again(loop *block) []instr {
	n := s.rounds[loop]
	return list(get(n), num(1), plain(ir.OpI32Sub), instr{op: opTee, n: n}, num(0), plain(ir.OpI32GtS))
}

func (s *scribe) within(op ir.Op, depth int, other bool) instr {
	b := &block{result: ir.Void, loop: op == opLoop}
	before := s.open
	if op == opLoop {
		s.rounds[b] = int64(plainLocals + s.loops)
		s.loops++
	}
	if op != opIf { // the emitter doesn't branch to an if, either
		s.open = append(s.open, b)
	}
	b.body = s.code(depth - 1)
	if other {
		b.other = s.code(depth - 1)
	}
	s.open = before
	return instr{op: op, block: b}
}

func (s *scribe) code(depth int) (code []instr) {
	for range s.r.IntN(4) {
		switch k := s.r.IntN(9); {
		case depth == 0 || k < 2:
			code = append(code, s.traced()...)
		case k < 4:
			code = append(code, list(s.value(2), put(s.r.Int64N(plainLocals)))...)
		case k == 4:
			code = append(code, s.within(opBlock, depth, false))
		case k == 5 && s.loops < loopLocals:
			loop := s.within(opLoop, depth, false)
			if !ended(loop.block.body) {
				loop.block.body = list(loop.block.body, s.again(loop.block), instr{op: opBrIf, to: loop.block})
			}
			code = append(code, list(num(3), put(s.rounds[loop.block]), loop)...)
		case k == 6 && len(s.open) > 0 && !s.open[len(s.open)-1].loop:
			code = append(code, list(s.value(2), instr{op: opBrIf, to: s.open[len(s.open)-1]})...)
		case k == 7 && depth < 4:
			return append(code, s.leave()...)
		default:
			code = append(code, list(s.value(2), s.within(opIf, depth, s.r.IntN(2) == 0))...)
		}
	}
	return code
}

// TestTidyKeeps: random code does the same, in the same order, after it was tidied.
func TestTidyKeeps(t *testing.T) {
	const seed, functions = 18, 3000
	t.Logf("seed %d", seed)
	m := &wasm.Module{Pages: 1, MaxPages: 1, Globals: []int32{1}}
	for n := range functions {
		s := &scribe{r: rand.New(rand.NewPCG(seed, uint64(n))), rounds: map[*block]int64{}}
		if n%2 == 0 {
			s.results = []ir.Type{ir.I32}
		}
		code := s.code(5)
		if !ended(code) {
			code = list(code, s.traced())
			if n%2 == 0 {
				code = list(code, s.value(2), plain(opReturn))
			}
		}
		f := &ir.Func{Params: []ir.Type{ir.I32, ir.I32}, Results: s.results}
		types := make([]ir.Type, plainLocals+loopLocals)
		for i := range types {
			types[i] = ir.I32
		}
		add := func(code []instr) {
			e := &encoder{}
			e.encode(code, len(s.results) > 0)
			locals := make([]byte, len(types)-2)
			for i := range locals {
				locals[i] = byte(ir.I32)
			}
			m.Exports = append(m.Exports, wasm.Export{Name: fmt.Sprint("f", len(m.Funcs)), Index: len(m.Funcs)})
			m.Funcs = append(m.Funcs, wasm.Func{Sig: signature(f), Locals: locals, Code: e.code})
		}
		add(code)
		add(tidy(f, types, code))
	}
	state := wasm.Signature{Results: []byte{byte(ir.I32)}}
	m.Exports = append(m.Exports, wasm.Export{Name: "state", Index: len(m.Funcs)})
	m.Funcs = append(m.Funcs, wasm.Func{Sig: state, Code: wasm.Code{wasm.OpGlobalGet, 0, wasm.OpI32Const, 1, wasm.OpGlobalSet, 0}})
	machine := start(t, m.Encode(), wazero.NewRuntimeConfigInterpreter())
	for n := range functions {
		for _, args := range [][]uint64{{0, 0}, {1, 0}, {0, 1}, {2, 3}, {1 << 31, 1}} {
			var said [2]string
			for k := range said {
				got, err := machine.ExportedFunction(fmt.Sprint("f", 2*n+k)).Call(t.Context(), args...)
				state, err2 := machine.ExportedFunction("state").Call(t.Context())
				said[k] = fmt.Sprint(got, err != nil, state, err2)
			}
			if said[0] != said[1] {
				t.Fatalf("function %d of seed %d, %v: %s, tidied %s", n, seed, args, said[0], said[1])
			}
		}
	}
}
