package main

import (
	"flag"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/harness"
)

var long = flag.Bool("long", false, "many more operands and seeds")

// edges are operands where things go wrong.
var edges = []uint64{0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 1<<63 - 1, 1 << 63, 1<<63 + 1, ^uint64(0), ^uint64(0) - 1}

func operand(r *rand.Rand) uint64 {
	if r.IntN(2) == 0 {
		return edges[r.IntN(len(edges))]
	}
	return r.Uint64() >> r.IntN(64)
}

func floatOperand(r *rand.Rand, wide bool) uint64 {
	special := []float64{0, math.Copysign(0, -1), 1, -1, 0.5, 2.5, 1e300, 5e-324, math.Inf(1), math.Inf(-1), math.NaN(), 1 << 53, -1.5, 3}
	f := special[r.IntN(len(special))]
	switch r.IntN(3) {
	case 0:
		f = math.Float64frombits(r.Uint64())
	case 1:
		f = float64(r.IntN(2000)-1000) / 8
	}
	if wide {
		return math.Float64bits(f)
	}
	return uint64(math.Float32bits(float32(f)))
}

var guest = harness.Builder{Dir: "."}

// each runs the test in every way to run the guest.
func each(t *testing.T, test func(t *testing.T, inst *harness.Instance, n int)) {
	for _, w := range harness.Ways {
		t.Run(w.String(), func(t *testing.T) {
			n := 60
			if *long {
				n = 20_000
			}
			if w.Interpreter || w.Claims {
				n /= 4
			}
			test(t, guest.Start(t, w), n)
		})
	}
}

// same calls both and compares, traps included.
func same(t *testing.T, inst *harness.Instance, native func() uint64, name string, args ...uint64) {
	t.Helper()
	want, panics := harness.Native(native)
	got, err := inst.Call(name, args...)
	if panics != (err != nil) || !panics && got != want {
		t.Fatalf("%s%#x = %#x, %v; natively %#x, panics %v", name, args, got, err, want, panics)
	}
}

func TestIntegers(t *testing.T) {
	each(t, func(t *testing.T, inst *harness.Instance, n int) {
		r := rand.New(rand.NewPCG(1, 2))
		for kind := range int32(8) {
			for op := range int32(integerOps) {
				try := func(x, y uint64) {
					same(t, inst, func() uint64 { return integers(kind, op, x, y) }, "integers", uint64(kind), uint64(op), x, y)
				}
				for range n {
					try(operand(r), operand(r))
				}
				if op == 3 || op == 4 { // division: every pair
					for _, x := range edges {
						for _, y := range edges {
							try(x, y)
						}
					}
				}
			}
		}
	})
}

func TestFloats(t *testing.T) {
	each(t, func(t *testing.T, inst *harness.Instance, n int) {
		r := rand.New(rand.NewPCG(3, 4))
		for wide := range int32(2) {
			for op := range int32(floatOps) {
				for range n {
					x, y := floatOperand(r, wide == 1), floatOperand(r, wide == 1)
					same(t, inst, func() uint64 { return floats(wide, op, x, y) }, "floats", uint64(wide), uint64(op), x, y)
				}
			}
		}
	})
}

// limits of the integers, as floats that convert without loss.
var limits = [8][2]float64{{-128, 127}, {0, 255}, {-32768, 32767}, {0, 65535}, {-1 << 31, 1<<31 - 1}, {0, 1<<32 - 1}, {-1 << 63, 1<<63 - 1024}, {0, 1<<64 - 2048}}

func TestConversions(t *testing.T) {
	each(t, func(t *testing.T, inst *harness.Instance, n int) {
		r := rand.New(rand.NewPCG(5, 6))
		for from := range int32(10) {
			for to := range int32(10) {
				for range n {
					x := operand(r)
					if from >= 8 && to < 8 {
						lo, hi := limits[to][0], limits[to][1]
						f := min(max(lo+r.Float64()*(hi-lo), lo), hi)
						x = math.Float64bits(f)
						if from == 8 {
							g := float32(f)
							if float64(g) > hi || float64(g) < lo {
								g = 1
							}
							x = uint64(math.Float32bits(g))
						}
					} else if from >= 8 {
						x = floatOperand(r, from == 9)
						if f := math.Float64frombits(x); from == 9 && f != f {
							continue
						}
						if f := math.Float32frombits(uint32(x)); from == 8 && f != f {
							continue
						}
					}
					same(t, inst, func() uint64 { return conversions(from, to, x) }, "conversions", uint64(from), uint64(to), x)
				}
			}
		}
	})
}

func TestLibrary(t *testing.T) {
	each(t, func(t *testing.T, inst *harness.Instance, n int) {
		r := rand.New(rand.NewPCG(7, 8))
		for range 20 * n {
			x, y := operand(r), operand(r)
			same(t, inst, func() uint64 { return library(x, y) }, "library", x, y)
		}
	})
}

func TestScenes(t *testing.T) {
	each(t, func(t *testing.T, inst *harness.Instance, n int) {
		for k := range int32(scenes) {
			for seed := range uint64(2 * n) {
				same(t, inst, func() uint64 { return scene(k, seed) }, "scene", uint64(k), seed)
			}
		}
	})
}

// TestEdges runs each case on every pair of edges.
func TestEdges(t *testing.T) { onEdges(t, "edge", edgeCases, edge) }

// TestWidths does so too.
func TestWidths(t *testing.T) { onEdges(t, "width", widthCases, width) }

// TestValues does so too, with aggregates as values.
func TestValues(t *testing.T) { onEdges(t, "value", valueCases, value) }

func onEdges(t *testing.T, name string, cases int32, native func(k int32, a, b uint64) uint64) {
	each(t, func(t *testing.T, inst *harness.Instance, n int) {
		r := rand.New(rand.NewPCG(9, 10))
		for k := range cases {
			try := func(a, b uint64) {
				same(t, inst, func() uint64 { return native(k, a, b) }, name, uint64(k), a, b)
			}
			for _, a := range edges {
				for _, b := range edges {
					try(a, b)
				}
			}
			for range n {
				try(operand(r), operand(r))
			}
		}
	})
}

func TestTraps(t *testing.T) {
	each(t, func(t *testing.T, inst *harness.Instance, n int) {
		trapped := 0
		original := first
		defer func() { first = original }()
		for k := range int32(trapCases) {
			for _, x := range []int32{0, 1, 2, 3, 4, 5, 6, 7, 100, 127, 128, 255, 256, -1, -2, -128, 31, 32, 33, 63, 64, math.MinInt32, math.MaxInt32} {
				trapped++
				same(t, inst, func() uint64 {
					out := uint64(uint32(traps(k, x)))
					trapped-- // not reached if it panics
					return out
				}, "traps", uint64(k), uint64(uint32(x)))
			}
		}
		if trapped < 2*trapCases {
			t.Errorf("only %d traps", trapped)
		}
	})
}

func TestWrapping(t *testing.T) {
	each(t, func(t *testing.T, inst *harness.Instance, n int) {
		for _, k := range []int32{0, math.MaxInt32 - 2, math.MaxInt32 - 1, math.MaxInt32} {
			same(t, inst, func() uint64 { return uint64(uint32(wrapping(k))) }, "wrapping", uint64(k))
		}
	})
}

// TestAfterTrap: a trap deep in a call leaves nothing that the next call sees.
func TestAfterTrap(t *testing.T) {
	each(t, func(t *testing.T, inst *harness.Instance, n int) {
		size := uint32(0)
		for round := range int32(2000) {
			if _, err := inst.Call("remember", uint64(500)); err == nil {
				t.Fatal("no trap")
			}
			k := uint64(round % 32)
			same(t, inst, func() uint64 { return uint64(uint32(remember(int32(k)))) }, "remember", k)
			if round == 10 {
				size = inst.Memory().Size()
			}
		}
		if got := inst.Memory().Size(); got != size {
			t.Errorf("memory grew from %d to %d bytes: traps leak", size, got)
		}
	})
}

// TestStackOverflow: too deep a recursion traps, and the next call is right.
func TestStackOverflow(t *testing.T) {
	each(t, func(t *testing.T, inst *harness.Instance, n int) {
		want := scene(1, 77)
		for range 3 {
			for _, depth := range []uint64{1 << 30, 300, 1000} {
				if _, err := inst.Call("deep", depth); err == nil {
					t.Fatalf("depth %d is within 64 KiB", depth)
				}
				if got, err := inst.Call("scene", 1, 77); err != nil || got != want {
					t.Fatalf("after an overflow: %#x, %v, want %#x", got, err, want)
				}
			}
			same(t, inst, func() uint64 { return uint64(uint32(deep(5))) }, "deep", 5)
			same(t, inst, func() uint64 { return uint64(uint32(often(2000))) }, "often", 2000)
		}
	})
}
