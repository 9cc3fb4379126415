package gonfalon

import (
	"sync"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/explain"
)

// Native returns the engine that runs natively, as Go.
func Native() Engine { return native{} }

type native struct{}

func (native) Load(data []byte) (Snapshot, error) {
	s, err := engine.Load(data)
	if err != nil {
		return nil, err
	}
	return nativeSnapshot{s}, nil
}

// nativeSnapshot needs no retirement: the collector frees what nobody reads.
type nativeSnapshot struct{ *engine.Snapshot }

// scratches are memory for flags that need some, one evaluation at a time.
var scratches = sync.Pool{New: func() any { return new(engine.Scratch) }}

func (n nativeSnapshot) Info() SnapshotInfo {
	unreadable, _, _ := n.Unreadable()
	i := SnapshotInfo{Environment: n.Environment(), Position: n.Position(), Flags: int(n.Len()), Unreadable: int(unreadable)}
	copy(i.ID[:], n.ID())
	return i
}

func (n nativeSnapshot) Decide(i int32, in *engine.Input, d *engine.Decision) error {
	if !n.NeedsScratch(i) {
		n.Snapshot.EvaluateAt(i, in, nil, d)
		return nil
	}
	sc := scratches.Get().(*engine.Scratch)
	n.Snapshot.EvaluateAt(i, in, sc, d)
	scratches.Put(sc)
	return nil
}

func (n nativeSnapshot) DecideAll(flags []int32, in *engine.Input, out []engine.Decision) error {
	sc := scratches.Get().(*engine.Scratch)
	n.EvaluateAll(flags, in, sc, out)
	scratches.Put(sc)
	return nil
}

func (n nativeSnapshot) Explain(i int32, in *engine.Input) ([]byte, error) {
	// By way of the module's request and answer, so that both engines explain in the same bytes.
	var r engine.Request
	r.Parse(string(engine.AppendRequest(nil, i, in)))
	sc := scratches.Get().(*engine.Scratch)
	defer scratches.Put(sc)
	var d engine.Decision
	return explain.Bytes(n.Snapshot, &r, sc, &d), nil
}

func (n nativeSnapshot) Needs(i int32) ([]byte, error) {
	// By way of the module's request and answer too.
	var r engine.Request
	r.Parse(string(engine.AppendRequest(nil, i, &engine.Input{})))
	sc := scratches.Get().(*engine.Scratch)
	defer scratches.Put(sc)
	names := make([]string, n.Groups(i, sc, nil))
	out := make([]byte, leastNeeds)
	for {
		if size := r.WriteNeeds(n.Snapshot, sc, names, out); size >= 0 {
			return out[:size], nil
		}
		out = make([]byte, 2*len(out))
	}
}

// leastNeeds is room for the names of most flags.
const leastNeeds = 512

func (n nativeSnapshot) Splice(delta []byte) ([]byte, error) { return engine.Apply(n.Snapshot, delta) }

func (nativeSnapshot) Retire() {}
