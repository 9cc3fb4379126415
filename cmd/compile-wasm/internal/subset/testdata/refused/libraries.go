package main

import (
	"fmt"
	"strings"
	"unicode"
)

//go:wasmexport libraries
func libraries(n int32) int32 {
	s := fmt.Sprint(n)
	if strings.Contains(s, "1") || unicode.IsUpper(n) {
		return 1
	}
	return int32(len(strings.ToUpper(s)))
}
