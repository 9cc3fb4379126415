package main

//go:wasmexport conversions
func conversions(n int32) int32 {
	s := "grüße"[n:]
	r := []rune(s)
	return int32(len(r)) + int32(len(string(r)))
}

//go:wasmexport characters
func characters(n int64) int32 {
	return int32(len(string(n)))
}
