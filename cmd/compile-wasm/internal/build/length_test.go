//go:build unix

package build_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/build"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
)

// longFunctions are bodies of about n lines, in each shape that has had a part of
// the compiler look at the whole function again and again.
var longFunctions = map[string]func(n int) string{
	"bounds checks": repeated(func(i int) string { return fmt.Sprintf("x += s[(x+%d)&63] + s[a+%d]", i, i%50) }),
	"branches":      repeated(func(i int) string { return fmt.Sprintf("if x > %d && a < b+%d { x += a*%d }", i, i, i) }),
	"loops": repeated(func(i int) string {
		return fmt.Sprintf("for i := a; i < b; i++ { if i >= 0 && int(i) < len(s) { x += s[i] }; if x > %d { break } }", i)
	}),
	"loops that test last": repeated(func(i int) string { return "for i := a&255; ; { x += s[i&63]; i++; if i >= b { break } }" }),
	"nested loops": func(n int) string {
		const depth = 50
		nest := repeated(func(i int) string {
			return fmt.Sprintf("for i%d := a; i%d < b; i%d++ { x += i%d; if i%d >= 0 && i%d < 64 { y += s[i%d] }", i, i, i, i, i, i, i)
		})(depth) + strings.Repeat("}\n", depth)
		return strings.Repeat(nest, n/(2*depth))
	},
	"nested branches": func(n int) string {
		const depth = 50
		nest := repeated(func(i int) string { return fmt.Sprintf("if a > x-%d { x += s[y&63]", i) })(depth) + strings.Repeat("} else { y++ }\n", depth)
		return strings.Repeat(nest, n/(2*depth))
	},
	"sums": repeated(func(i int) string {
		return fmt.Sprintf("y, z = z, y+a; if y < 0 || y > b+%d { return y }; x += tab[y&63]", i)
	}),
	"comparisons": repeated(func(i int) string { return fmt.Sprintf("if v[%d] >= v[%d] { return %d }", i*7%64, (i*11+1)%64, i) }),
	"cases": func(n int) string {
		return "switch {\n" + repeated(func(i int) string { return fmt.Sprintf("case x == %d: y = z + %d", i*3, i) })(n) + "}\n"
	},
	"calls":      repeated(func(i int) string { return fmt.Sprintf("x += leaf(x, a+%d)", i) }),
	"aggregates": repeated(func(i int) string { return fmt.Sprintf("q = turn(q, %d)", i%9) }),
	"slices": repeated(func(i int) string {
		return fmt.Sprintf("s = s[:len(s)]; if len(s) > %d { x += s[%d] + int32(len(s[%d:])) }", i%60, i%60, i%3)
	}),
	"stores": repeated(func(i int) string {
		return fmt.Sprintf("v[%d] += v[%d]; if v[3] == %d { s[x&63]++ }", i%64, i*7%64, i)
	}),
	"merges": repeated(func(i int) string { return fmt.Sprintf("if x&%d != 0 { y += z } else { z ^= x; x++ }", 1<<(i%20)) }),
	"many variables": func(n int) string {
		k := n / 10
		return repeated(func(i int) string { return fmt.Sprintf("p%d := a+%d", i, i) })(k) +
			repeated(func(i int) string { return fmt.Sprintf("if x&%d != 0 { p%d += p%d; x++ }", 1<<(i%20), i%k, (i*7+1)%k) })(n-2*k) +
			repeated(func(i int) string { return fmt.Sprintf("y += p%d", i) })(k)
	},
}

// repeated is a body with a line for each number.
func repeated(line func(i int) string) func(n int) string {
	return func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString("\t" + line(i) + "\n")
		}
		return b.String()
	}
}

// TestLongFunctions: what compiling costs grows with a function's length, not with
// its square. With the race detector, which makes all ten times as long, they have
// 300 lines.
func TestLongFunctions(t *testing.T) {
	for name, body := range longFunctions {
		t.Run(name, func(t *testing.T) {
			grows(t, func(n int) string {
				return "var tab [64]int32\n\ntype four struct{ a [4]int32 }\n\nfunc turn(q four, n int32) four { q.a[n&3] += q.a[(n+1)&3]; return q }\n\n" +
					"func leaf(a, b int32) int32 {\n\tif a < b {\n\t\treturn tab[a&63]\n\t}\n\treturn tab[b&63] + a\n}\n\n" +
					"//go:wasmexport long\nfunc long(a, b int32) int32 {\n\ts, v := tab[:], &tab\n\tx, y, z := a, a&1023, b&1023\n\tvar q four\n\t_, _, _, _, _ = s, v, x, y, z\n" +
					body(n) + "\treturn x + y + z + q.a[1]\n}\n"
			})
		})
	}
}

// TestManyFunctions: neither with the square of the number of functions.
func TestManyFunctions(t *testing.T) {
	grows(t, func(n int) string {
		return "func f0(a int32) int32 { return a }\n\n//go:wasmexport last\nfunc last(a int32) int32 { return f" + fmt.Sprint(n) + "(a) }\n\n" +
			repeated(func(i int) string {
				return fmt.Sprintf("func f%d(a int32) int32 { if a > %d { return f%d(a-1) }; return f%d(a) ^ %d }", i+1, i, i, i, i)
			})(n)
	})
}

// grows compiles a program and one of four times its length, which may not take
// the processor much more than four times as long. What is over in a second is
// linear enough; and a measurement may be disturbed, so it has three tries.
func grows(t *testing.T, program func(n int) string) {
	const most = 11
	var short, long float64
	for range 3 {
		short, long = compileTime(t, program(lines/4)), compileTime(t, program(lines))
		if long < 1 || long < most*short {
			return
		}
	}
	t.Errorf("a quarter of the program takes %.2f s, all of it %.2f s", short, long)
}

// compileTime is the processor time that a build of the program takes.
func compileTime(t *testing.T, program string) float64 {
	t.Helper()
	dir := t.TempDir()
	for file, text := range map[string]string{"main.go": "package main\n\nfunc main() {}\n\n" + program, "go.mod": "module long\n\ngo 1.26\n"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before := processorTime(t)
	if _, err := build.Build(t.Context(), build.Config{Load: load.Config{Dir: dir, Pattern: "."}, Optimise: true, Default: build.Keep}); err != nil {
		t.Fatal(err)
	}
	return processorTime(t) - before
}

func processorTime(t *testing.T) float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return float64(used.Utime.Sec) + float64(used.Utime.Usec)/1e6
}
