package engine

// maxSteps is how many steps an explanation in bytes can have, more than anybody reads. Later steps are left out.
const maxSteps = 1024

// ExplanationBuffer is the working memory for writing explanations as bytes.
type ExplanationBuffer struct{ steps [maxSteps]Step }

// Write explains the request's flag into out, as ABI.md lays it out. It returns the number of bytes, or −1 if out is
// too small.
func (x *ExplanationBuffer) Write(s *Snapshot, r *Request, sc *Scratch, d *Decision, out []byte) int32 {
	w := writer{b: out}
	in := &r.Input
	i := r.Number(s)
	n := int32(0)
	if i < 0 {
		*d = Decision{Score: -1, VariantIndex: -1}
	} else {
		n = min(s.Explain(i, in, sc, d, x.steps[:]), maxSteps)
	}
	if in.pending > 0 {
		in.unpack()
	}
	w.array(2)
	w.int(int64(d.Pack()))
	w.array(n)
	for k := int32(0); k < n; k++ {
		w.step(s, in, sc, &x.steps[k])
	}
	if w.full {
		return -1
	}
	return w.n
}

func (w *writer) step(s *Snapshot, in *Input, sc *Scratch, x *Step) {
	w.array(7)
	w.int(int64(x.Gate))
	w.int(int64(x.Outcome))
	if x.Target == "" && x.Gate != GateActor {
		w.null()
	} else {
		w.string(x.Target)
	}
	rule := x.Gate == GateRule || x.Gate == GateSegment
	switch x.Gate {
	case GateSchedule:
		w.unless(x.A == OpenFrom, x.A)
		w.unless(x.B == OpenUntil, x.B)
		w.int(x.C)
	case GateKill:
		w.null()
		w.null()
		w.null()
	case GateNone:
		w.unless(x.A == 0, x.A)
		w.null()
		w.null()
	case GateActor, GateGroup, GateBoolean:
		w.int(x.A)
		w.null()
		w.null()
	default:
		w.unless(x.A < 0, x.A)
		w.unless(rule && x.B == Everybody || x.Gate == GatePrerequisite && x.B == foundMissing, x.B)
		w.null()
	}
	if !rule {
		w.null()
		return
	}
	w.array(x.constraints.to - x.constraints.from)
	var b budget
	for i := x.constraints.from; i < x.constraints.to; i++ {
		w.comparison(s, in, sc, &b, i)
	}
}

func (w *writer) comparison(s *Snapshot, in *Input, sc *Scratch, b *budget, i int32) {
	var c Comparison
	s.comparison(i, in, sc, b, &c)
	w.array(5)
	w.string(c.Attribute)
	w.int(int64(c.Operator))
	w.array(c.Values)
	for k := int32(0); k < c.Values; k++ {
		v := s.Value(&c, k)
		w.value(&v)
	}
	w.value(&c.Actual)
	w.boolean(c.Held)
}

// unless writes v, or nil if none is true.
func (w *writer) unless(none bool, v int64) {
	if none {
		w.null()
	} else {
		w.int(v)
	}
}
