package main

var depth int32

func leave() { depth-- }

//go:wasmexport defers
func defers() int32 {
	defer leave()
	if recover() != nil {
		return 1
	}
	return depth
}
