package wasm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Demands is what a module asks of its host and offers to it.
type Demands struct {
	Imports  []string // "module.name"
	Exports  map[string]Signature
	Memory   string // the exported memory's name
	MinPages uint64
	MaxPages uint64 // 0 if none is stated
	Locals   int    // the most that a function has, parameters among them
	// Features beyond the first WebAssembly, sorted: bulk-memory, multi-value,
	// mutable-global (an exported or imported one is not used at all),
	// sign-extension.
	Features []string
}

// Features of WebAssembly that the reader recognises.
const (
	BulkMemory    = "bulk-memory"
	MultiValue    = "multi-value"
	MutableGlobal = "mutable-global"
	SignExtension = "sign-extension"
)

type reader struct {
	b  []byte
	at int
}

var errShort = errors.New("wasm: module ends early")

func (r *reader) fail(format string, a ...any) { panic(fmt.Errorf("wasm: "+format, a...)) }

func (r *reader) byte() byte {
	if r.at >= len(r.b) {
		panic(errShort)
	}
	r.at++
	return r.b[r.at-1]
}

func (r *reader) u() uint64 {
	v, n := binary.Uvarint(r.b[r.at:])
	if n <= 0 {
		panic(errShort)
	}
	r.at += n
	return v
}

// s reads a signed number.
func (r *reader) s() (v int64) {
	for shift := 0; shift < 70; shift += 7 {
		b := r.byte()
		v |= int64(b&0x7f) << shift
		if b&0x80 == 0 {
			return v << max(57-shift, 0) >> max(57-shift, 0)
		}
	}
	panic(errShort)
}

func (r *reader) take() []byte {
	n := r.u()
	if n > uint64(len(r.b)-r.at) {
		panic(errShort)
	}
	r.at += int(n)
	return r.b[r.at-int(n) : r.at]
}

// maxLocals bounds the memory that reading a function takes.
const maxLocals = 1 << 20

// Inspect reads a module. It fails on whatever it doesn't know: an unknown
// section or instruction is a feature that nobody allowed. It also refuses code
// that a machine is known to read wrongly (masks.go).
func Inspect(bin []byte) (d *Demands, err error) {
	defer func() {
		if e := recover(); e != nil {
			var ok bool
			if err, ok = e.(error); !ok {
				panic(e)
			}
		}
	}()
	if len(bin) < 8 || string(bin[:8]) != "\x00asm\x01\x00\x00\x00" {
		return nil, errors.New("wasm: not a module of version 1")
	}
	d = &Demands{Exports: map[string]Signature{}}
	uses := map[string]bool{}
	var types []Signature
	var funcs []uint64
	r := &reader{b: bin, at: 8}
	for r.at < len(bin) {
		id := r.byte()
		s := &reader{b: r.take()}
		switch id {
		case 0:
			continue
		case 1:
			for range s.u() {
				if s.byte() != 0x60 {
					s.fail("a type that is not a function's")
				}
				t := Signature{slices.Clone(s.take()), slices.Clone(s.take())}
				if len(t.Results) > 1 {
					uses[MultiValue] = true
				}
				types = append(types, t)
			}
		case 2:
			for range s.u() {
				d.Imports = append(d.Imports, string(s.take())+"."+string(s.take()))
				switch s.byte() {
				case 0:
					funcs = append(funcs, s.u())
				default:
					return d, nil // not ours: the caller refuses imports anyway
				}
			}
		case 3:
			for range s.u() {
				funcs = append(funcs, s.u())
			}
		case 5:
			if s.u() != 1 {
				s.fail("not exactly one memory")
			}
			switch s.byte() {
			case 0:
				d.MinPages = s.u()
			case 1:
				d.MinPages, d.MaxPages = s.u(), s.u()
			default:
				s.fail("a shared or 64-bit memory")
			}
		case 6:
			for range s.u() {
				s.byte()
				if s.byte() == 1 {
					uses[MutableGlobal] = true
				}
				s.expr(uses)
			}
		case 7:
			for range s.u() {
				name := string(s.take())
				kind, i := s.byte(), s.u()
				switch kind {
				case 0:
					d.Exports[name] = types[funcs[i]]
				case 2:
					d.Memory = name
				default:
					s.fail("export %s is neither a function nor the memory", name)
				}
			}
		case 10:
			for i := range s.u() {
				body := &reader{b: s.take()}
				sig := types[funcs[i]]
				locals := uint64(len(sig.Params))
				for range body.u() {
					locals += body.u()
					body.byte()
				}
				if locals > maxLocals {
					s.fail("function %d has %d locals", i, locals)
				}
				d.Locals = max(d.Locals, int(locals))
				place := body.checkMasks(sig, int(locals), types, funcs, uses)
				if body.at != len(body.b) {
					s.fail("code after the end of a function")
				}
				if place > 0 {
					s.fail("function %d, byte %d: a mask is compared with zero in a form that wazero reads wrongly", i, place)
				}
			}
		case 11:
			for range s.u() {
				if s.u() != 0 {
					s.fail("a passive data segment")
				}
				s.expr(uses)
				s.take()
			}
		default:
			s.fail("section %d", id)
		}
	}
	for f := range uses {
		d.Features = append(d.Features, f)
	}
	slices.Sort(d.Features)
	return d, nil
}

// expr reads a constant expression.
func (r *reader) expr(uses map[string]bool) {
	for op := r.byte(); op != OpEnd; op = r.byte() {
		r.immediates(op, uses)
	}
}

// immediates reads what follows an opcode, blocks' apart, and notes the feature that it needs.
func (r *reader) immediates(op byte, uses map[string]bool) {
	switch {
	case op == OpBr, op == OpBrIf, op == OpCall, op >= OpLocalGet && op <= OpGlobalSet:
		r.u()
	case op >= 0x28 && op <= 0x3e:
		r.u()
		r.u()
	case op == 0x3f, op == 0x40:
		r.byte()
	case op == OpI32Const, op == OpI64Const:
		r.s()
	case op == OpF32Const:
		r.at += 4
	case op == OpF64Const:
		r.at += 8
	case op >= 0xc0 && op <= 0xc4:
		uses[SignExtension] = true
	case op == 0xfc:
		switch sub := r.u(); sub {
		case 10:
			r.byte()
			r.byte()
		case 11:
			r.byte()
		default:
			r.fail("instruction 0xfc %d", sub)
		}
		uses[BulkMemory] = true
	case op == OpUnreachable, op == 1, op == OpReturn, op == OpDrop, op == 0x1b, op >= 0x45 && op <= 0xbf:
	default:
		r.fail("instruction %#x", op)
	}
}
