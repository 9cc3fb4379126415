package snapshot

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// These are the reference's own expressions, for every score and draw.
func TestGranted(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	ratios := []float64{5e-324, 1e-7, 1.0 / 65536, math.Nextafter(1.0/65536, 0), 0.0001, math.Nextafter(0.0001, 0), 0.25, 0.3, 0.7, 56743.0 / 65536, math.Nextafter(56743.0/65536, 0),
		1 - 1e-16, 65535.0 / 65536, math.Nextafter(1, 0)}
	for range 50 {
		ratios = append(ratios, random.Float64())
	}
	for _, ratio := range ratios {
		actors, time := 0, 0
		for s := range Scores {
			if float64(s)/65536 <= ratio {
				actors++
			}
		}
		for n := 1; n <= Draws; n++ {
			if float64(n)/10000 <= ratio {
				time++
			}
		}
		if got := ScoresGranted(ratio); got != actors {
			t.Errorf("%v grants %d scores, not %d", ratio, actors, got)
		}
		if got := DrawsGranted(ratio); got != time {
			t.Errorf("%v grants %d draws, not %d", ratio, time, got)
		}
	}
}

// Raising a ratio only adds actors.
func TestGrantedRises(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 10_000 {
		a, b := random.Float64(), random.Float64()
		if a > b {
			a, b = b, a
		}
		if ScoresGranted(a) > ScoresGranted(b) || DrawsGranted(a) > DrawsGranted(b) {
			t.Fatalf("%v grants more than %v", a, b)
		}
	}
}

// picked is the reference's loop over the weights.
func picked(sorted []flagset.Variant, score int) int {
	total, _ := flagset.TotalWeight(sorted)
	place, acc := float64(score)/65536*total, 0.0
	for i, v := range sorted {
		acc += v.Weight.Float64()
		if place < acc {
			return i
		}
	}
	return len(sorted) - 1
}

func TestCuts(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	sets := [][]flagset.Number{
		{flagset.Int(1)}, {flagset.Int(7), flagset.Int(3)}, {flagset.Int(1), flagset.Int(1), flagset.Int(1)}, {flagset.Int(0), flagset.Int(1), flagset.Int(0)}, {flagset.Int(61063), flagset.Int(4473)}, {flagset.Int(61064), flagset.Int(4472)},
		{flagset.Float(5e-324), flagset.Float(5e-324)}, {flagset.Int(9007199254740993), flagset.Int(9007199254740993)}, {flagset.Int(math.MaxInt64), flagset.Float(0.1), flagset.Int(math.MaxInt64)},
		{flagset.Integer(new(big.Int).Lsh(big.NewInt(3), 500)), flagset.Int(1)}, {flagset.Float(0.1), flagset.Float(0.2), flagset.Float(0.3)},
	}
	for range 30 {
		var set []flagset.Number
		for range 1 + random.IntN(6) {
			if random.IntN(2) == 0 {
				set = append(set, flagset.Int(random.Int64N(1<<random.IntN(62)+1)))
			} else {
				set = append(set, flagset.Float(random.Float64()*math.Pow(10, float64(random.IntN(40)-20))))
			}
		}
		sets = append(sets, append(set, flagset.Int(1)))
	}
	for _, weights := range sets {
		var variants []flagset.Variant
		for i, w := range weights {
			variants = append(variants, flagset.Variant{Name: string(rune('a' + i)), Weight: w})
		}
		cut, ok := Cuts(variants)
		if !ok {
			t.Errorf("%v overflow", weights)
			continue
		}
		for s := range Scores {
			got := slices.IndexFunc(cut, func(c int) bool { return s < c })
			if want := picked(variants, s); got != want {
				t.Errorf("%v: score %d picks %d, not %d", weights, s, got, want)
				break
			}
		}
	}
	for _, weights := range [][]flagset.Number{{flagset.Float(1.7e308), flagset.Float(1.7e308)}, {flagset.Integer(new(big.Int).Lsh(big.NewInt(1), 1023)), flagset.Integer(new(big.Int).Lsh(big.NewInt(1), 1023))}} {
		if _, ok := Cuts([]flagset.Variant{{Name: "a", Weight: weights[0]}, {Name: "b", Weight: weights[1]}}); ok {
			t.Errorf("%v have a sum", weights)
		}
	}
}
