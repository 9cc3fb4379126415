package wasmengine

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
	"github.com/tetratelabs/wazero/api"
)

// pool is a snapshot: instances that hold the same bytes.
type pool struct {
	engine *Engine
	data   string
	info   gonfalon.SnapshotInfo
	keys   []string
	index  map[string]int32

	slots   []slot
	built   atomic.Int32 // slots that have an instance, from the first on
	growing atomic.Bool
	retired atomic.Bool
	waiters atomic.Int32
	freed   chan struct{}
}

// describe reads what never changes: the snapshot's header and its flags' keys.
func (s *pool) describe(n *instance) error {
	if _, err := n.once("info"); err != nil {
		return err
	}
	s.info = gonfalon.SnapshotInfo{Environment: string(n.bytes(n.word(0), n.word(1))), Flags: int(n.word(6)), Unreadable: int(n.word(8))}
	copy(s.info.ID[:], n.bytes(n.word(2), engine.IDBytes))
	copy(s.info.Position.Lineage[:], n.bytes(n.word(3), engine.LineageBytes))
	s.info.Position.Revision = int64(uint64(n.word(4)) | uint64(n.word(5))<<32)
	s.keys = make([]string, s.info.Flags)
	s.index = make(map[string]int32, s.info.Flags)
	key := n.module.ExportedFunction("flag_key")
	if key == nil {
		return errors.New("wasmengine: the module has no flag_key")
	}
	for i := range s.keys {
		if code, err := n.call(key, uint32(i), 0); err != nil || code != 0 {
			return fmt.Errorf("wasmengine: flag_key answered %d (%w)", code, err)
		}
		s.keys[i] = string(n.bytes(n.word(0), n.word(1)))
		s.index[s.keys[i]] = int32(i)
	}
	return nil
}

func (s *pool) Info() gonfalon.SnapshotInfo { return s.info }
func (s *pool) Bytes() string               { return s.data }
func (s *pool) Len() int32                  { return int32(len(s.keys)) }
func (s *pool) Key(i int32) string          { return s.keys[i] }

func (s *pool) Find(key string) int32 {
	if i, ok := s.index[key]; ok {
		return i
	}
	return -1
}

func (s *pool) Decide(i int32, in *engine.Input, d *engine.Decision) error {
	at, err := s.acquire()
	if err != nil {
		return err
	}
	if err = at.instance.decide(i, in, d); errors.Is(err, errTrap) {
		if err = s.rebuild(at); err == nil {
			err = at.instance.decide(i, in, d)
		}
	}
	s.release(at, err)
	return err
}

func (s *pool) DecideAll(flags []int32, in *engine.Input, out []engine.Decision) error {
	return s.with(func(n *instance) error { return n.decideAll(flags, in, out) })
}

// decideAll evaluates in one crossing for every 1,024 flags.
func (n *instance) decideAll(flags []int32, in *engine.Input, out []engine.Decision) error {
	size, err := n.write(func(dst []byte) []byte { return engine.AppendBatch(dst, flags, in) })
	if err != nil {
		return err
	}
	for first := 0; first < len(out); {
		count, err := n.call(n.batch, size, uint32(first))
		if err != nil {
			return err
		}
		if count <= 0 || int(count) > len(out)-first {
			return fmt.Errorf("wasmengine: evaluate_batch answered %d from %d of %d", count, first, len(out))
		}
		records := n.bytes(n.word(0), uint32(count)*recordBytes)
		if len(records) != int(count)*recordBytes {
			return errTrap
		}
		for i := range int(count) {
			record := records[i*recordBytes : (i+1)*recordBytes]
			packed := uint32(record[0]) | uint32(record[1])<<8 | uint32(record[2])<<16 | uint32(record[3])<<24
			if err := n.unpack(packed, record, in, &out[first+i]); err != nil {
				return err
			}
		}
		first += int(count)
	}
	return nil
}

func (s *pool) Explain(i int32, in *engine.Input) (steps []byte, err error) {
	err = s.with(func(n *instance) error {
		steps, err = n.ask(n.explain, i, in)
		return err
	})
	return steps, err
}

func (s *pool) Needs(i int32) (names []byte, err error) {
	err = s.with(func(n *instance) error {
		names, err = n.ask(n.needs, i, &engine.Input{})
		return err
	})
	return names, err
}

// ask makes a call that answers with bytes: their length, their address in word 0.
func (n *instance) ask(f api.Function, flag int32, in *engine.Input) ([]byte, error) {
	request, err := n.requestOne(flag, in)
	if err != nil {
		return nil, err
	}
	length, err := n.call(f, uint32(len(request)), 0)
	if err != nil {
		return nil, err
	}
	if length < 0 {
		return nil, fmt.Errorf("wasmengine: the module answered %d", length)
	}
	return slices.Clone(n.bytes(n.word(0), uint32(length))), nil
}

func (s *pool) Splice(delta []byte) (whole []byte, err error) {
	err = s.with(func(n *instance) error {
		size, err := n.write(func(dst []byte) []byte { return append(dst, delta...) })
		if err != nil {
			return err
		}
		code, err := n.call(n.splice, size, 0)
		if err != nil {
			return err
		}
		if code != 0 {
			return &engine.LoadError{Code: engine.Code(code), Offset: int(n.word(0))}
		}
		whole = slices.Clone(n.bytes(n.word(0), n.word(1)))
		return nil
	})
	return whole, err
}

// with calls f on an instance, and once more on a new one if the first trapped.
func (s *pool) with(f func(*instance) error) error {
	at, err := s.acquire()
	if err != nil {
		return err
	}
	if err = f(at.instance); errors.Is(err, errTrap) {
		if err = s.rebuild(at); err == nil {
			err = f(at.instance)
		}
	}
	s.release(at, err)
	return err
}
