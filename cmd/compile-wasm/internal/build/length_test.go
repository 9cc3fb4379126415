package build_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/build"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
)

// TestLongFunctions: functions of 2,000 lines compile, in each shape that has a
// part of the compiler look at the whole function again and again. They take a
// second or two; the deadline is for what takes time without end. With the race
// detector, which makes that ten times as long, they have 300 lines.
func TestLongFunctions(t *testing.T) {
	for name, line := range map[string]func(i int) string{
		"bounds checks": func(i int) string { return fmt.Sprintf("x += s[(x+%d)&63] + s[a+%d]", i, i%50) },
		"branches":      func(i int) string { return fmt.Sprintf("if x > %d && a < b+%d { x += a*%d }", i, i, i) },
		"loops": func(i int) string {
			return fmt.Sprintf("for i := a; i < b; i++ { if i >= 0 && int(i) < len(s) { x += s[i] }; if x > %d { break } }", i)
		},
		"sums": func(i int) string {
			return fmt.Sprintf("y, z = z, y+a; if y < 0 || y > b+%d { return y }; x += tab[y&63]", i)
		},
		"comparisons": func(i int) string { return fmt.Sprintf("if v[%d] >= v[%d] { return %d }", i*7%64, (i*11+1)%64, i) },
		"calls":       func(i int) string { return fmt.Sprintf("x += leaf(x, a+%d)", i) },
		"slices": func(i int) string {
			return fmt.Sprintf("s = s[:len(s)]; if len(s) > %d { x += s[%d] + int32(len(s[%d:])) }", i%60, i%60, i%3)
		},
		"merges": func(i int) string { return fmt.Sprintf("if x&%d != 0 { y += z } else { z ^= x; x++ }", 1<<(i%20)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var b strings.Builder
			b.WriteString("package main\n\nvar tab [64]int32\n\nfunc main() {}\n\nfunc leaf(a, b int32) int32 {\n\tif a < b {\n\t\treturn tab[a&63]\n\t}\n\treturn tab[b&63] + a\n}\n\n" +
				"//go:wasmexport long\nfunc long(a, b int32) int32 {\n\ts, v := tab[:], &tab\n\tx, y, z := a, a&1023, b&1023\n\t_, _, _, _, _ = s, v, x, y, z\n")
			for i := range lines {
				b.WriteString("\t" + line(i) + "\n")
			}
			b.WriteString("\treturn x + y + z\n}\n")
			for file, text := range map[string]string{"main.go": b.String(), "go.mod": "module long\n\ngo 1.26\n"} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			done := make(chan error, 1)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			go func() {
				_, err := build.Build(ctx, build.Config{Load: load.Config{Dir: dir, Pattern: "."}, Optimise: true, Default: build.Keep})
				done <- err
			}()
			select {
			case err := <-done:
				if err != nil {
					t.Error(err)
				}
			case <-ctx.Done():
				t.Fatal("a minute was not enough")
			}
		})
	}
}
