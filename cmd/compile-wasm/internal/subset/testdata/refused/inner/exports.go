package inner

//go:wasmexport inner
func Two() int32 { return 2 }
