package wasmengine

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/conformance"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// These tests are what an engine promises to a client.

func loaded(t *testing.T, e gonfalon.Engine, data []byte) gonfalon.Snapshot {
	t.Helper()
	s, err := e.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Retire)
	return s
}

func TestASnapshotDescribesItself(t *testing.T) {
	data := compiled(t, 1<<40, flags)
	both(t, func(t *testing.T, e gonfalon.Engine) {
		s := loaded(t, e, data)
		want := gonfalon.SnapshotInfo{ID: snapshot.ID(data), Environment: "default", Position: gonfalon.Position{Lineage: [16]byte{1}, Revision: 1 << 40}, Flags: 12}
		if s.Info() != want || s.Bytes() != string(data) || s.Len() != 12 {
			t.Errorf("%+v", s.Info())
		}
		for i := range s.Len() {
			if s.Find(s.Key(i)) != i || i > 0 && s.Key(i-1) >= s.Key(i) {
				t.Errorf("flag %d is %q", i, s.Key(i))
			}
		}
		if s.Find("nobody") != -1 {
			t.Error("it finds a flag that isn't there")
		}
	})
}

func TestWhatCannotBeLoaded(t *testing.T) {
	good := compiled(t, 1, flags)
	both(t, func(t *testing.T, e gonfalon.Engine) {
		for i := range 40 {
			data := bytes.Clone(good)
			switch {
			case i < 20:
				data = data[:i*len(data)/20]
			default:
				data[(i-20)*len(data)/20] ^= 0x55
			}
			var fault *engine.LoadError
			if s, err := e.Load(data); !errors.As(err, &fault) {
				t.Errorf("case %d: %v, %v", i, s, err)
			} else if _, native := engine.Load(data); native.Error() != fault.Error() {
				t.Errorf("case %d: %v, natively %v", i, fault, native)
			}
		}
		if _, err := e.Load(make([]byte, engine.MaxSnapshotBytes+1)); err == nil {
			t.Error("too large a snapshot is loaded")
		}
	})
}

// inputs are of many kinds, the same each time.
func inputs(n int) []engine.Input {
	random := rand.New(rand.NewPCG(1, 2))
	list := make([]engine.Input, n)
	for i := range list {
		in := engine.Input{Now: time.Date(2025+random.IntN(3), 6, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), Roll: random.Uint64()}
		switch random.IntN(4) {
		case 0:
			in.Presence = engine.Keyless
		case 1, 2:
			in.Presence, in.Actor = engine.Keyed, fmt.Sprintf("user:%d", random.IntN(60))
		}
		if random.IntN(2) == 0 {
			in.Groups = [][]string{{"staff"}, {"sales"}, {"staff", "sales"}, {"ünknown", ""}}[random.IntN(4)]
		}
		if random.IntN(2) == 0 {
			in.Attributes = append(in.Attributes, engine.Int("age", int64(random.IntN(36))), engine.Float("height", random.Float64()))
		}
		if random.IntN(2) == 0 {
			in.Attributes = append(in.Attributes, engine.String("mail", []string{"a@acme.com", "a@acme.org", ""}[random.IntN(3)]), engine.Null("x"), engine.Bool("y", true), engine.Integer("z", "-123456789012345678901"))
		}
		list[i] = in
	}
	return list
}

func TestDecisionsAreTheSame(t *testing.T) {
	data := compiled(t, 1, flags)
	native := loaded(t, gonfalon.Native(), data)
	both(t, func(t *testing.T, e gonfalon.Engine) {
		s := loaded(t, e, data)
		for _, in := range inputs(500) {
			all := make([]engine.Decision, s.Len())
			if err := s.DecideAll(nil, &in, all); err != nil {
				t.Fatal(err)
			}
			some, picked := make([]engine.Decision, 3), []int32{7, 2, 7}
			if err := s.DecideAll(picked, &in, some); err != nil {
				t.Fatal(err)
			}
			for i := range s.Len() {
				var want, got engine.Decision
				if err := errors.Join(native.Decide(i, &in, &want), s.Decide(i, &in, &got)); err != nil {
					t.Fatal(err)
				}
				if got != want || all[i] != want {
					t.Fatalf("%s for %+v: %+v, together %+v, want %+v", s.Key(i), in, got, all[i], want)
				}
			}
			for i, flag := range picked {
				if some[i] != all[flag] {
					t.Fatalf("%d: %+v, want %+v", flag, some[i], all[flag])
				}
			}
		}
	})
}

func TestACostlyPatternIsGivenUp(t *testing.T) {
	data := compiled(t, 1, `{"flags": [{"key": "costly", "gates": [{"type": "boolean", "enabled": true},
		{"type": "rule", "enabled": true, "constraints": [{"attribute": "mail", "operator": "matches", "values": ["(a|.){0,99}$x"]}]}]}]}`)
	both(t, func(t *testing.T, e gonfalon.Engine) {
		in := engine.Input{Attributes: []engine.Attribute{engine.String("mail", strings.Repeat("/", 30_000))}}
		var d engine.Decision
		if err := loaded(t, e, data).Decide(0, &in, &d); err != nil || !d.Exhausted || d.Enabled {
			t.Errorf("%+v (%v)", d, err)
		}
	})
}

func TestExplanationsAndNeedsAreTheSame(t *testing.T) {
	data := compiled(t, 1, flags)
	native := loaded(t, gonfalon.Native(), data)
	both(t, func(t *testing.T, e gonfalon.Engine) {
		s := loaded(t, e, data)
		for i := range s.Len() {
			want, _ := native.Needs(i)
			if got, err := s.Needs(i); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: it needs % x, want % x (%v)", s.Key(i), got, want, err)
			}
			for _, in := range inputs(20) {
				want, _ := native.Explain(i, &in)
				if got, err := s.Explain(i, &in); err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%s: % x, want % x (%v)", s.Key(i), got, want, err)
				}
			}
		}
	})
}

func TestManyFlagsAndLongRequests(t *testing.T) {
	var set strings.Builder
	set.WriteString(`{"flags": [`)
	for i := range 3000 {
		fmt.Fprintf(&set, `{"key": "flag%d", "gates": [{"type": "percentage_of_actors", "ratio": 0.5}]},`, i)
	}
	set.WriteString(`{"key": "on", "gates": [{"type": "boolean", "enabled": true}]}]}`)
	data := compiled(t, 1, set.String())
	native := loaded(t, gonfalon.Native(), data)
	both(t, func(t *testing.T, e gonfalon.Engine) {
		s := loaded(t, e, data)
		in := engine.Input{Presence: engine.Keyed, Actor: "user:42"}
		want, got := make([]engine.Decision, s.Len()), make([]engine.Decision, s.Len())
		if err := errors.Join(native.DecideAll(nil, &in, want), s.DecideAll(nil, &in, got)); err != nil || !slices.Equal(got, want) {
			t.Errorf("many flags differ (%v)", err)
		}
		for _, size := range []int{1, 1 << 10, 1 << 14, 1 << 17, 1 << 20} {
			in.Attributes = []engine.Attribute{engine.String("long", strings.Repeat("x", size))}
			var d engine.Decision
			if err := s.Decide(s.Find("on"), &in, &d); err != nil || !d.Enabled {
				t.Errorf("with %d bytes: %+v, %v", size, d, err)
			}
		}
	})
}

func TestAContextThatIsTooLargeCannotBeRead(t *testing.T) {
	both(t, func(t *testing.T, e gonfalon.Engine) {
		c, err := gonfalon.New(t.Context(), gonfalon.Config{Engine: e, Bootstrap: compiled(t, 1, flags), Logger: quiet, ReadyWithin: -1, Usage: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		tooLarge := gonfalon.ErrContext
		if e == gonfalon.Native() {
			tooLarge = nil // it writes no request
		}
		for size, want := range map[int]error{20 << 20: nil, 33 << 20: tooLarge} {
			d := c.Decide("rule", gonfalon.With("mail", strings.Repeat("x", size)+"@acme.com"))
			if !errors.Is(d.Err, want) || want != nil && d.Resolve().Error != gonfalon.ErrorInvalidContext {
				t.Errorf("%d bytes: %+v", size, d.Err)
			}
		}
		if d := c.Decide("on"); !d.Enabled {
			t.Errorf("afterwards: %+v", d)
		}
	})
}

func TestDeltasAreSpliced(t *testing.T) {
	one := compiled(t, 1, flags)
	two := compiled(t, 2, strings.Replace(flags, `"user:42"`, `"user:43"`, 1))
	three := compiled(t, 3, `{"flags": []}`)
	both(t, func(t *testing.T, e gonfalon.Engine) {
		s := loaded(t, e, one)
		for _, next := range [][]byte{two, three} {
			delta, err := snapshot.Delta(one, next)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := s.Splice(delta); err != nil || !bytes.Equal(got, next) {
				t.Errorf("spliced %d bytes, %v", len(got), err)
			}
			for _, size := range []int{0, 1, len(delta) / 2, len(delta) - 1} {
				var fault *engine.LoadError
				if _, err := s.Splice(delta[:size]); !errors.As(err, &fault) {
					t.Errorf("%d bytes of a delta: %v", size, err)
				}
			}
		}
		other, err := snapshot.Delta(two, three)
		if err != nil {
			t.Fatal(err)
		}
		var fault *engine.LoadError
		if _, err := s.Splice(other); !errors.As(err, &fault) || fault.Code != engine.CodeBase {
			t.Errorf("a delta for another snapshot: %v", err)
		}
		var d engine.Decision
		if err := s.Decide(s.Find("on"), &engine.Input{}, &d); err != nil || !d.Enabled {
			t.Errorf("after splicing: %+v, %v", d, err)
		}
	})
}

func TestConformance(t *testing.T) {
	cases, err := conformance.All()
	if err != nil {
		t.Fatal(err)
	}
	want := 6_400
	if raced { // every eighth: instances are slow to build then, and each has one caller here
		for i := range len(cases) / 8 {
			cases[i] = cases[8*i]
		}
		cases, want = cases[:len(cases)/8], want/9
	}
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // thousands of instances live for one question each
	engines := map[string]gonfalon.Engine{"native": gonfalon.Native(), "wasm": made(t, Config{Instances: 1})}
	for name, e := range engines {
		t.Run(name, func(t *testing.T) {
			report := conformance.Run(cases, func(data, request []byte) (conformance.Answer, error) {
				s, err := e.Load(data)
				if err != nil {
					return conformance.Answer{}, err
				}
				defer s.Retire()
				var r engine.Request
				if !r.Parse(string(request)) {
					return conformance.Answer{}, errors.New("the request is malformed")
				}
				d := engine.Decision{Score: -1, VariantIndex: -1}
				if i := s.Find(r.Flag); i >= 0 {
					if err := s.Decide(i, &r.Input, &d); err != nil {
						return conformance.Answer{}, err
					}
				}
				a := conformance.Answer{Enabled: d.Enabled, Score16: d.Score}
				if d.VariantIndex >= 0 {
					variant := strings.Clone(d.Variant)
					a.Variant = &variant
				}
				return a, nil
			})
			total := report.Total()
			if total.Failed > 0 || total.Passed < want {
				var text strings.Builder
				report.Write(&text)
				t.Error(text.String())
			}
			t.Logf("%d passed, %d skipped", total.Passed, total.Skipped)
		})
	}
}

func TestManyCallersAtOnce(t *testing.T) {
	data := compiled(t, 1, flags)
	both(t, func(t *testing.T, e gonfalon.Engine) {
		s := loaded(t, e, data)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for _, in := range inputs(50) {
					var one, again engine.Decision
					i := s.Find("rule")
					if err := errors.Join(s.Decide(i, &in, &one), s.Decide(i, &in, &again)); err != nil || one != again {
						t.Errorf("%+v, %+v, %v", one, again, err)
						return
					}
				}
			})
		}
		all.Wait()
	})
}

func TestClientsOfBothEnginesAgree(t *testing.T) {
	data := compiled(t, 1, flags)
	var answers [][]gonfalon.Decision
	both(t, func(t *testing.T, e gonfalon.Engine) {
		c, err := gonfalon.New(t.Context(), gonfalon.Config{Bootstrap: data, Engine: e, Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		opts := []gonfalon.Option{gonfalon.For("user:42"), gonfalon.With("age", 30.0), gonfalon.With("mail", "a@acme.com"), gonfalon.InGroups("staff"), gonfalon.Roll(1), gonfalon.At(time.Unix(0, 0))}
		all := c.DecideAll(opts...)
		for _, d := range all {
			if one := c.Decide(d.Key, opts...); one != d {
				t.Errorf("%+v, together %+v", one, d)
			}
		}
		if p := c.Payload("hero", opts...); !strings.HasPrefix(string(p), `{"hex":`) {
			t.Errorf("payload %s", p)
		}
		answers = append(answers, all)
	})
	for _, a := range answers[1:] {
		if !reflect.DeepEqual(a, answers[0]) {
			t.Errorf("%+v\nwant %+v", a, answers[0])
		}
	}
}
