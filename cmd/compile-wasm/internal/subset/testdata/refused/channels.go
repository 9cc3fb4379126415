package main

//go:wasmexport channels
func channels(n int32) int32 {
	c := make(chan int32, 1)
	c <- n
	select {
	case x := <-c:
		return x
	default:
	}
	close(c)
	return <-c
}
