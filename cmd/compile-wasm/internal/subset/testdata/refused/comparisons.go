package main

//go:wasmexport comparisons
func comparisons(n int32) bool {
	var a, b [40]float64
	a[3] = float64(n)
	return a == b
}
