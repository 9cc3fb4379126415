package main

//go:wasmexport complexes
func complexes(x, y float64) float64 {
	c := complex(x, y)
	return real(c * c)
}
