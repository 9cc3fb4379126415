package wasm

import "slices"

// Signature is a function's type; each byte is a value type.
type Signature struct{ Params, Results []byte }

// Func is a function with its body, without the final end.
type Func struct {
	Name   string
	Sig    Signature
	Locals []byte // types of the locals after the parameters
	Code   Code
}

// Export names a function of the module.
type Export struct {
	Name  string
	Index int
}

// Segment is initial memory.
type Segment struct {
	Offset int
	Data   []byte
}

// Module is all that the writer needs. The memory is exported as "memory"; all
// globals are mutable i32.
type Module struct {
	Funcs    []Func
	Exports  []Export
	Pages    int // of 64 KiB, at the start
	MaxPages int
	Globals  []int32
	Segments []Segment
	Names    bool // write the name section
}

// Encode is the module's binary form. The same module gives the same bytes.
func (m *Module) Encode() []byte {
	w := Code{0, 'a', 's', 'm', 1, 0, 0, 0}
	var types []string
	section := func(id byte, fill func(s *Code)) {
		var s Code
		fill(&s)
		w.Op(id)
		w.Bytes(s)
	}
	typeOf := make([]int, len(m.Funcs))
	for i, f := range m.Funcs {
		var t Code
		t.Op(0x60)
		t.Bytes(f.Sig.Params)
		t.Bytes(f.Sig.Results)
		k := slices.Index(types, string(t))
		if k < 0 {
			k = len(types)
			types = append(types, string(t))
		}
		typeOf[i] = k
	}
	section(1, func(s *Code) {
		s.U(uint64(len(types)))
		for _, t := range types {
			s.Op([]byte(t)...)
		}
	})
	section(3, func(s *Code) {
		s.U(uint64(len(m.Funcs)))
		for _, t := range typeOf {
			s.U(uint64(t))
		}
	})
	section(5, func(s *Code) {
		s.Op(1, 1)
		s.U(uint64(m.Pages))
		s.U(uint64(m.MaxPages))
	})
	if len(m.Globals) > 0 {
		section(6, func(s *Code) {
			s.U(uint64(len(m.Globals)))
			for _, v := range m.Globals {
				s.Op(0x7f, 1)
				s.I32(v)
				s.Op(OpEnd)
			}
		})
	}
	section(7, func(s *Code) {
		s.U(uint64(len(m.Exports) + 1))
		s.Bytes([]byte("memory"))
		s.Op(2, 0)
		for _, e := range m.Exports {
			s.Bytes([]byte(e.Name))
			s.Op(0)
			s.U(uint64(e.Index))
		}
	})
	section(10, func(s *Code) {
		s.U(uint64(len(m.Funcs)))
		for _, f := range m.Funcs {
			s.Bytes(f.body())
		}
	})
	if len(m.Segments) > 0 {
		section(11, func(s *Code) {
			s.U(uint64(len(m.Segments)))
			for _, g := range m.Segments {
				s.Op(0)
				s.I32(int32(g.Offset))
				s.Op(OpEnd)
				s.Bytes(g.Data)
			}
		})
	}
	if m.Names {
		section(0, func(s *Code) {
			s.Bytes([]byte("name"))
			var n Code
			n.U(uint64(len(m.Funcs)))
			for i, f := range m.Funcs {
				n.U(uint64(i))
				n.Bytes([]byte(f.Name))
			}
			s.Op(1)
			s.Bytes(n)
		})
	}
	return w
}

// body is the function's entry in the code section, without its length.
func (f *Func) body() []byte {
	var b Code
	type run struct {
		n int
		t byte
	}
	var runs []run
	for _, t := range f.Locals {
		if n := len(runs); n > 0 && runs[n-1].t == t {
			runs[n-1].n++
			continue
		}
		runs = append(runs, run{1, t})
	}
	b.U(uint64(len(runs)))
	for _, r := range runs {
		b.U(uint64(r.n))
		b.Op(r.t)
	}
	b.Op(f.Code...)
	b.Op(OpEnd)
	return b
}

// Size is what f takes in the code section.
func (f *Func) Size() int {
	var c Code
	c.Bytes(f.body())
	return len(c)
}
