// Command wazero shows branches that wazero's compilers take wrongly. It needs
// nothing but wazero: copy it anywhere, or run it here:
//
//	go run ./cmd/compile-wasm/internal/wasm/testdata/wazero
//
// Each function compares zero and a&b, in every order, of 32 and 64 bits, and
// uses the result as a value, in select, br_if and if. It is called in wazero's
// compiler and in its interpreter. A line is printed for each function in which
// they differ, with the first operands that show it; then the exit code is 1.
//
// Expected are no lines. With wazero 1.12.0 there are 32 on amd64 and 40 on arm64.
// All have their cause in tryLowerBandToFlag (wazero's pull requests 2072 and 2073),
// which sets the flags by the and instruction alone, TEST on amd64 and ANDS on arm64:
//
//   - It matches zero on either side, but the condition stays as it was, so that
//     0 < x is answered as x < 0. Only == and != survive that.
//   - ANDS clears arm64's carry flag, where comparing x with 0 would set it. So
//     <, >, <= and >= of numbers without a sign are wrong on both sides.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/tetratelabs/wazero"
)

var (
	comparisons = []string{"eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"}
	uses        = []string{"value", "select", "br_if", "if"}
	operands    = []uint64{0, 1, 1 << 31, 1<<32 - 1, 1 << 63, 1<<64 - 1}
)

// function is the shape that a function has.
type function struct {
	wide       bool
	comparison int
	zeroLeft   bool
	use        string
}

func (f function) String() string {
	t, x, y := "i32", "a&b", "0"
	if f.wide {
		t = "i64"
	}
	if f.zeroLeft {
		x, y = y, x
	}
	return fmt.Sprintf("%s.%s (%s, %s) %s", t, comparisons[f.comparison], x, y, f.use)
}

func functions() (list []function) {
	for _, wide := range []bool{false, true} {
		for comparison := range comparisons {
			for _, left := range []bool{false, true} {
				for _, use := range uses {
					list = append(list, function{wide, comparison, left, use})
				}
			}
		}
	}
	return list
}

// code is the function's body.
func (f function) code() []byte {
	a, zero, and, first := []byte{0x20, 0, 0x20, 1}, []byte{0x41, 0}, byte(0x71), byte(0x46)
	if f.wide {
		a, zero, and, first = []byte{0x20, 2, 0x20, 3}, []byte{0x42, 0}, 0x83, 0x51
	}
	mask := append(a, and)
	x, y := mask, zero
	if f.zeroLeft {
		x, y = zero, mask
	}
	compare := append(append(append([]byte{}, x...), y...), first+byte(f.comparison))
	body := []byte{0} // no locals
	switch f.use {
	case "value":
		body = append(body, compare...)
	case "select": // 1 or 0
		body = append(append(append(body, 0x41, 1, 0x41, 0), compare...), 0x1b)
	case "br_if": // block; br_if 0; i32.const 0; return; end; i32.const 1
		body = append(append(append(body, 0x02, 0x40), compare...), 0x0d, 0, 0x41, 0, 0x0f, 0x0b, 0x41, 1)
	case "if": // if (result i32); i32.const 1; else; i32.const 0; end
		body = append(append(body, compare...), 0x04, 0x7f, 0x41, 1, 0x05, 0x41, 0, 0x0b)
	}
	return append(body, 0x0b)
}

// name is what the function with this number is exported as: three digits.
func name(i int) string { return fmt.Sprintf("%03d", i) }

// module has the functions, of type (i32, i32, i64, i64) → i32.
func module(list []function) []byte {
	number := func(n int) []byte { return []byte{byte(n) | 0x80, byte(n >> 7)} } // LEB128, below 2¹⁴
	section := func(id byte, content []byte) []byte {
		return append(append([]byte{id}, number(len(content))...), content...)
	}
	types := []byte{1, 0x60, 4, 0x7f, 0x7f, 0x7e, 0x7e, 1, 0x7f}
	funcs, exports, code := number(len(list)), number(len(list)), number(len(list))
	for i, f := range list {
		funcs = append(funcs, 0)
		exports = append(append(append(append(exports, 3), name(i)...), 0), number(i)...)
		body := f.code()
		code = append(append(code, byte(len(body))), body...)
	}
	bin := []byte("\x00asm\x01\x00\x00\x00")
	bin = append(bin, section(1, types)...)
	bin = append(bin, section(3, funcs)...)
	bin = append(bin, section(7, exports)...)
	return append(bin, section(10, code)...)
}

func run() (wrong int, err error) {
	ctx := context.Background()
	list := functions()
	bin := module(list)
	compiler := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig()) // the interpreter again, where there is none
	defer compiler.Close(ctx)
	compiled, err := compiler.Instantiate(ctx, bin)
	if err != nil {
		return 0, err
	}
	interpreter := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer interpreter.Close(ctx)
	interpreted, err := interpreter.Instantiate(ctx, bin)
	if err != nil {
		return 0, err
	}
	for i, f := range list {
		example := ""
		for _, a := range operands {
			for _, b := range operands {
				args := []uint64{a & 0xffffffff, b & 0xffffffff, a, b}
				got, err := compiled.ExportedFunction(name(i)).Call(ctx, args...)
				if err != nil {
					return 0, err
				}
				want, err := interpreted.ExportedFunction(name(i)).Call(ctx, args...)
				if err != nil {
					return 0, err
				}
				if uint32(got[0]) != uint32(want[0]) && example == "" {
					example = fmt.Sprintf("a = %#x, b = %#x: compiled %d, interpreted %d", a, b, got[0], want[0])
				}
			}
		}
		if example != "" {
			fmt.Printf("%v: %s\n", f, example)
			wrong++
		}
	}
	return wrong, nil
}

func main() {
	wrong, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if wrong > 0 {
		os.Exit(1)
	}
}
