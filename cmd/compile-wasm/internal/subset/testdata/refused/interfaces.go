package main

import "errors"

type shape interface{ area() float64 }

type square float64

func (s square) area() float64 { return float64(s * s) }

//go:wasmexport interfaces
func interfaces(n int32) float64 {
	var s shape = square(n)
	if q, ok := s.(square); ok {
		return float64(q)
	}
	return s.area()
}

func fail(n int32) error {
	if n > 0 {
		return errors.New("positive")
	}
	return nil
}

//go:wasmexport failures
func failures(n int32) int32 {
	if fail(n) != nil {
		return 1
	}
	return 0
}

func describe(v any) int32 { return 3 }

//go:wasmexport described
func described(n int32) int32 {
	if n > 3 {
		return describe(n) +
			describe(square(n))
	}
	return describe(n)
}
