package main

import _ "embed"

//go:embed embeds.go
var embedded string

//go:wasmexport embeds
func embeds() int32 { return int32(len(embedded)) }
