package wasmengine

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
	"github.com/gonfalon-flags/gonfalon/wasm"
)

// fatal is the size of a request that the trapping module doesn't survive.
const fatal = 1999

// trapping is the module with one more thing at the beginning of evaluate: it traps if the request has that size.
func trapping(t testing.TB) []byte {
	t.Helper()
	module := wasm.Module()
	out := append([]byte{}, module[:8]...)
	var function, at uint64
	for b := module[8:]; len(b) > 0; {
		kind := b[0]
		size, n := binary.Uvarint(b[1:])
		section := b[1+n : 1+n+int(size)]
		b = b[1+n+int(size):]
		switch kind {
		case 7:
			function = exported(t, section, "evaluate")
		case 10:
			section = patched(section, int(function))
			at++
		}
		out = append(out, kind)
		out = binary.AppendUvarint(out, uint64(len(section)))
		out = append(out, section...)
	}
	if at != 1 {
		t.Fatal("the module has no code")
	}
	return out
}

// exported is the index of an exported function.
func exported(t testing.TB, section []byte, name string) uint64 {
	count, n := binary.Uvarint(section)
	for section = section[n:]; count > 0; count-- {
		size, n := binary.Uvarint(section)
		found := string(section[n : n+int(size)])
		section = section[n+int(size)+1:]
		index, n := binary.Uvarint(section)
		section = section[n:]
		if found == name {
			return index
		}
	}
	t.Fatalf("the module doesn't export %s", name)
	return 0
}

// patched is the code section with a trap in one function; the module has no imports, so that indexes are places in it.
func patched(section []byte, function int) []byte {
	count, n := binary.Uvarint(section)
	out := binary.AppendUvarint(nil, count)
	for i, b := 0, section[n:]; len(b) > 0; i++ {
		size, n := binary.Uvarint(b)
		body := b[n : n+int(size)]
		b = b[n+int(size):]
		if i == function {
			locals, n := binary.Uvarint(body)
			begin := n
			for range locals {
				_, n := binary.Uvarint(body[begin:])
				begin += n + 1
			}
			trap := binary.AppendUvarint([]byte{0x20, 0, 0x41}, fatal) // local.get 0, i32.const (its sign bit is 0)
			trap = append(trap, 0x46, 0x04, 0x40, 0x00, 0x0b)          // i32.eq, if, unreachable, end
			body = append(append(append([]byte{}, body[:begin]...), trap...), body[begin:]...)
		}
		out = binary.AppendUvarint(out, uint64(len(body)))
		out = append(out, body...)
	}
	return out
}

// deadly is an actor whose requests kill the instance.
func deadly() engine.Input {
	in := engine.Input{Presence: engine.Keyed}
	for len(engine.AppendRequest(nil, 0, &in)) < fatal {
		in.Actor += "x"
	}
	return in
}

func trapper(t testing.TB, config Config) *Engine {
	t.Helper()
	e, err := newEngine(t.Context(), config, trapping(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.Close()
		if s := e.Stats(); s.Instances != 0 || s.Snapshots != 0 {
			t.Errorf("after Close: %+v", s)
		}
	})
	return e
}

func TestATrapCostsAnInstanceAndNothingElse(t *testing.T) {
	for _, config := range []Config{{Instances: 1}, {Instances: 2}, {Instances: 1, Interpreter: true}} {
		t.Run(fmt.Sprint(config), func(t *testing.T) {
			e := trapper(t, config)
			s := loaded(t, e, compiled(t, 1, flags))
			on, half := s.Find("on"), s.Find("half")
			in, bad := engine.Input{Presence: engine.Keyed, Actor: "user:1"}, deadly()
			var before, after engine.Decision
			for i := range 5 {
				if err := s.Decide(half, &in, &before); err != nil {
					t.Fatal(err)
				}
				if err := s.Decide(half, &bad, &after); err == nil || !strings.Contains(err.Error(), "unreachable") {
					t.Fatalf("a deadly request: %v", err)
				}
				if got := e.Stats().Traps; got != int64(2*i+2) { // it is tried once more on a new instance
					t.Errorf("%d traps are counted after %d", got, i+1)
				}
				if err := s.Decide(half, &in, &after); err != nil || after != before {
					t.Errorf("after a trap: %+v, %v", after, err)
				}
				if err := s.Decide(on, &in, &after); err != nil || !after.Enabled {
					t.Errorf("after a trap: %+v, %v", after, err)
				}
			}
			if n := e.Stats().Instances; n > int64(config.Instances) {
				t.Errorf("%d instances", n)
			}
		})
	}
}

func TestADecisionThatTrapsIsTheDefault(t *testing.T) {
	e := trapper(t, Config{})
	c, err := gonfalon.New(t.Context(), gonfalon.Config{Bootstrap: compiled(t, 1, flags), Engine: e, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	bad := deadly()
	if !c.Enabled("half", gonfalon.For(bad.Actor), gonfalon.Default(true)) || c.Enabled("half", gonfalon.For(bad.Actor)) {
		t.Error("a decision that can't be made isn't the caller's default")
	}
	if c.Stats().Broken != 2 || e.Stats().Traps != 4 {
		t.Errorf("%+v, %+v", c.Stats(), e.Stats())
	}
	if !c.Enabled("on") {
		t.Error("the next one isn't made")
	}
}
