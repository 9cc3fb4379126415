package flagset

import (
	"math"
	"math/big"
	"slices"
	"strings"
)

// Sound reports whether a weight is a number of 0 or more, and whether it is above 0.
func (n Number) Sound() (ok, positive bool) {
	switch w := n.Value().(type) {
	case int64:
		return w >= 0, w > 0
	case *big.Int:
		return w.Sign() >= 0 && !math.IsInf(n.Float64(), 0), w.Sign() > 0
	case float64:
		return w >= 0 && !math.IsInf(w, 0), w > 0
	}
	return false, false
}

// SortedVariants returns the variants ascending by name, in which order they take their shares.
func SortedVariants(variants []Variant) []Variant {
	sorted := slices.Clone(variants)
	slices.SortStableFunc(sorted, func(a, b Variant) int { return strings.Compare(a.Name, b.Name) })
	return sorted
}

// TotalWeight adds up the weights as the reference does: in the order of the names, with integers exact until a float
// comes. ok is false if the sum overflows a float.
func TotalWeight(sorted []Variant) (total float64, ok bool) {
	exact, floats := new(big.Int), false
	for _, v := range sorted {
		w := v.Weight.Value()
		if f, float := w.(float64); float {
			if !floats {
				total, _ = new(big.Float).SetInt(exact).Float64()
			}
			floats = true
			total += f
			continue
		}
		switch {
		case floats:
			total += v.Weight.Float64()
		default:
			if i, big64 := w.(*big.Int); big64 {
				exact.Add(exact, i)
			} else {
				exact.Add(exact, big.NewInt(w.(int64)))
			}
		}
	}
	if !floats {
		total, _ = new(big.Float).SetInt(exact).Float64()
	}
	return total, !math.IsInf(total, 0)
}
