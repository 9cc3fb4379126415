package main

import "math"

//go:wasmexport mathematics
func mathematics(x float64) float64 {
	return math.Exp(x) + math.Sinh(x) + math.Pow(x, 3) + math.Hypot(x, 1) + math.Mod(x, 3) + math.Max(x, math.Floor(x))
}
