package main

//go:wasmexport goroutines
func goroutines() {
	go goroutines()
}
