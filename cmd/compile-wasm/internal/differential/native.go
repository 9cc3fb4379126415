package differential

import (
	"encoding/binary"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// Native answers with the engine in this process, and counts what it decided.
type Native struct {
	Counts

	scratch     engine.Scratch
	request     engine.Request
	explanation engine.ExplanationBuffer
	decisions   [1024]engine.Decision
	out         [1 << 20]byte
}

// Counts are of decisions.
type Counts struct {
	Decisions int
	Reasons   [16]int
	Gates     [16]int
	Operators [engine.Operators]int // compared, in the decisions looked into
	Loaded    int
	Refused   int
	Malformed int // requests
}

// The module's own error codes.
const (
	errRequest    = -1
	errTooLarge   = -2
	maxFirstFlags = engine.MaxFlags
)

// Run answers a round.
func (n *Native) Run(r *Round) ([]Answer, error) {
	var s engine.Snapshot
	code, at := s.Load(string(r.Snapshot))
	answers := []Answer{{int32(code), uint64(uint32(at))}}
	if code != engine.CodeOK {
		answers[0].Code = int32(code)
		n.Refused++
		return answers, nil
	}
	n.Loaded++
	for i := range r.Calls {
		answers = append(answers, n.call(&s, &r.Calls[i], i))
	}
	return answers, nil
}

func (n *Native) call(s *engine.Snapshot, c *Call, i int) Answer {
	if c.Export == Splice {
		return n.splice(s, c.Data)
	}
	if !n.request.Parse(string(c.Data)) || n.request.One() == (c.Export == Batch) {
		n.Malformed++
		return Answer{Code: errRequest}
	}
	switch c.Export {
	case Evaluate:
		d := &n.decisions[0]
		n.request.Evaluate(s, &n.scratch, d)
		n.count(s, d, i)
		return Answer{int32(d.Pack()), digestDecision(d)}
	case Batch:
		if c.First > maxFirstFlags {
			return Answer{Code: -4}
		}
		k := n.request.Batch(s, int32(c.First), &n.scratch, n.decisions[:])
		h := uint64(0)
		for j := range k {
			h = h*31 + digestDecision(&n.decisions[j])
		}
		return Answer{k, h}
	case Explain:
		k := n.explanation.Write(s, &n.request, &n.scratch, &n.decisions[0], n.out[:])
		if k < 0 {
			return Answer{Code: errTooLarge}
		}
		return Answer{k, digest(n.out[:k])}
	}
	count := int32(0)
	if f := n.request.Number(s); f >= 0 {
		count = s.Groups(f, &n.scratch, nil)
	}
	k := n.request.WriteNeeds(s, &n.scratch, make([]string, count), n.out[:])
	if k < 0 {
		return Answer{Code: errTooLarge}
	}
	return Answer{k, digest(n.out[:k])}
}

func (n *Native) splice(s *engine.Snapshot, delta []byte) Answer {
	view := string(delta)
	out := make([]byte, s.SpliceSize(view))
	k, code, at := s.Splice(view, out)
	if code != engine.CodeOK {
		return Answer{int32(code), uint64(uint32(at))}
	}
	return Answer{0, digest(out[:k])}
}

func digestDecision(d *engine.Decision) uint64 {
	var head [8]byte
	binary.LittleEndian.PutUint32(head[:], d.Pack())
	binary.LittleEndian.PutUint32(head[4:], uint32(d.VariantIndex+1))
	return digest(head[:], []byte(d.Variant), []byte(d.Payload), []byte(d.Target))
}

// count looks into every fourth decision to see which operators it took.
func (n *Native) count(s *engine.Snapshot, d *engine.Decision, i int) {
	n.Decisions++
	n.Reasons[d.Reason]++
	n.Gates[d.Gate]++
	f := n.request.Number(s)
	if i%4 != 0 || f < 0 {
		return
	}
	var steps [64]engine.Step
	var again engine.Decision
	k := s.Explain(f, &n.request.Input, &n.scratch, &again, steps[:])
	for j := range min(int(k), len(steps)) {
		x := &steps[j]
		if x.Outcome == engine.OutcomeNotAsked {
			continue
		}
		from, to := x.Constraints()
		for c := from; c < to; c++ {
			var cmp engine.Comparison
			s.Comparison(c, &n.request.Input, &n.scratch, &cmp)
			if cmp.Actual != engine.Null(cmp.Attribute) {
				n.Operators[cmp.Operator]++
			}
			if !cmp.Held {
				break
			}
		}
	}
}
