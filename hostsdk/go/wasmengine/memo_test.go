package wasmengine

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// TestRememberedAnswersAreRight asks often enough that answers are recalled, and that they make room for others.
func TestRememberedAnswersAreRight(t *testing.T) {
	data := compiled(t, 1, flags)
	native, module := loaded(t, gonfalon.Native(), data), loaded(t, made(t, Config{Instances: 1}), data)
	many := 2 * memoSize
	if raced {
		many = memoSize / 2
	}
	for range 2 {
		for i := range many {
			in := engine.Input{Presence: engine.Keyed, Actor: fmt.Sprintf("user:%d", i/4)}
			switch i % 4 {
			case 1:
				in.Groups = []string{"staff"}
			case 2:
				in.Attributes = []engine.Attribute{engine.Int("age", int64(i%36)), engine.String("mail", "a@acme.com")}
			case 3:
				in.Actor, in.Presence = "", engine.Keyless
				in.Groups = []string{[]string{"sales", "staff", "nobody"}[i%3]}
			}
			for range 2 {
				for flag := range module.Len() {
					var want, got engine.Decision
					if native.Decide(flag, &in, &want) != nil || module.Decide(flag, &in, &got) != nil || got != want {
						t.Fatalf("%s for %+v: %+v, want %+v", module.Key(flag), in, got, want)
					}
				}
			}
		}
	}
}

func TestChanceIsDrawnEachTime(t *testing.T) {
	data := compiled(t, 1, flags)
	native, module := loaded(t, gonfalon.Native(), data), loaded(t, made(t, Config{Instances: 1}), data)
	for roll := range uint64(1000) {
		in := engine.Input{Presence: engine.Keyed, Actor: "user:42", Roll: roll}
		var want, got engine.Decision
		flag := module.Find("moment")
		if native.Decide(flag, &in, &want) != nil || module.Decide(flag, &in, &got) != nil || got != want {
			t.Fatalf("roll %d: %+v, want %+v", roll, got, want)
		}
	}
}

// TestNoCallersMemoryIsKept makes decisions by strings that are parts of a large one: an answer that kept them would keep
// all of it.
func TestNoCallersMemoryIsKept(t *testing.T) {
	module := loaded(t, made(t, Config{Instances: 1}), compiled(t, 1, flags)).(*pool)
	large := strings.Repeat("x", 1<<20) + "user:42 staff"
	in := engine.Input{Presence: engine.Keyed, Actor: large[1<<20 : 1<<20+7], Groups: []string{large[1<<20+8:]}}
	for flag := range module.Len() {
		var d engine.Decision
		if err := module.Decide(flag, &in, &d); err != nil {
			t.Fatal(err)
		}
	}
	from := uintptr(unsafe.Pointer(unsafe.StringData(large)))
	kept := 0
	for i := range module.slots[0].instance.memo {
		a := &module.slots[0].instance.memo[i]
		if a.size > 0 {
			kept++
		}
		for _, s := range []string{a.decision.Target, a.decision.Variant, a.decision.Payload} {
			if at := uintptr(unsafe.Pointer(unsafe.StringData(s))); at >= from && at < from+uintptr(len(large)) {
				t.Errorf("%q of %s is the caller's", s, a.decision.Gate)
			}
		}
	}
	if kept < 8 {
		t.Errorf("only %d answers are remembered", kept)
	}
}
