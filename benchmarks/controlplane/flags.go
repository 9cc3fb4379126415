package main

import (
	"fmt"
	"strings"
)

// manyFlags returns a document of n flags with a few gates each.
func manyFlags(n int) string {
	var b strings.Builder
	b.WriteString("flags:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - key: flag%d\n    gates:\n      - {type: boolean, enabled: false}\n      - {type: group, target: staff, enabled: true}\n", i)
		for j := range 3 {
			fmt.Fprintf(&b, "      - {type: actor, target: \"user:%d\", enabled: true}\n", 1+i+j)
		}
	}
	return b.String()
}
