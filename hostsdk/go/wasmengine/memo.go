package wasmengine

import (
	"hash/maphash"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// memo remembers what an instance answered. An answer depends on nothing but the snapshot and the request, so the same
// bytes have the same answer for as long as the instance lives. It takes no allocation once it is there, and an answer
// makes room for the next one whose hash meets the same place.
//
// Why: RATIONALE.md "Why does the Go SDK's wasm engine remember answers?"
type memo [memoSize]answer

const (
	memoSize  = 2048 // answers, 128 bytes each
	memoBytes = 63   // of a request that is remembered: a flag, an actor and a few attributes
)

// answer is a request and its decision. Its strings are the instance's own, so that no caller's memory is held.
type answer struct {
	size     uint8 // of the request; 0: there is none
	request  [memoBytes]byte
	decision engine.Decision
}

var seed = maphash.MakeSeed()

// answer returns the place of the answer to a request. It is nil for a request that isn't worth it: a long one, or one
// with a time or chance in it, which never comes again.
func (n *instance) answer(request []byte, in *engine.Input) *answer {
	if len(request) > memoBytes || in.Now != 0 || in.Roll != 0 {
		return nil
	}
	if n.memo == nil {
		n.memo = new(memo)
	}
	return &n.memo[maphash.Bytes(seed, request)%memoSize]
}

// recall copies the decision, if it is the answer to this request.
func (a *answer) recall(request []byte, in *engine.Input, d *engine.Decision) bool {
	if string(a.request[:a.size]) != string(request) || a.size == 0 {
		return false
	}
	if *d = a.decision; d.Gate == engine.GateActor {
		d.Target = in.Actor
	}
	return true
}

// remember keeps a decision. The target of an actor's gate is the actor, and is left to recall.
func (n *instance) remember(a *answer, request []byte, d *engine.Decision) {
	a.size = uint8(copy(a.request[:], request))
	a.decision = *d
	switch d.Gate {
	case engine.GateActor:
		a.decision.Target = ""
	case engine.GateGroup:
		if known, ok := n.names[d.Target]; ok {
			a.decision.Target = known
		} else {
			a.decision.Target = strings.Clone(d.Target)
		}
	}
}
