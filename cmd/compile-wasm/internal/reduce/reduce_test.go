package reduce

import (
	"context"
	"strings"
	"testing"
)

const long = `package main

import (
	"math/bits"
)

import "math"

type pair struct {
	a, b int32
	unused [4]byte
}

var table [8]int32

func helper(x int32) int32 { return x*3 + int32(bits.Len32(uint32(x))) }

func other(f float64) float64 { return math.Floor(f) }

func run(n int32) int32 {
	p := pair{a: n}
	t := int32(0)
Again:
	for i := range 8 {
		if t > 1000 {
			break Again
		}
		table[i] += n
		t += helper(n) + (p.a+p.b)%7
	}
	switch n & 3 {
	case 1:
		t++
	default:
		t -= int32(other(float64(n)))
	}
	if t > 5 {
		t = (t + n) / (n - 3) * 2
	} else {
		t--
	}
	return t
}
`

// TestFile: all goes but what is looked for, and each program that is tried is one.
func TestFile(t *testing.T) {
	tried := 0
	r := &Reducer{}
	r.Holds = func(source string) bool {
		tried++
		if problems := r.check(source); len(problems) > 0 {
			t.Errorf("%v in\n%s", problems, source)
		}
		return strings.Contains(source, "/ (n - 3)")
	}
	got := r.File(t.Context(), long)
	if n := strings.Count(got, "\n"); n > 9 || !strings.Contains(got, "/ (n - 3)") || strings.Contains(got, "import") || strings.Contains(got, "pair") {
		t.Errorf("%d tries leave %d lines:\n%s", tried, n, got)
	}
}

// TestFileEnds: when there is no time left, the smallest form so far is returned.
func TestFileEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tried := 0
	r := &Reducer{Holds: func(string) bool {
		if tried++; tried == 3 {
			cancel()
		}
		return true
	}}
	if got := r.File(ctx, long); tried != 3 || len(got) >= len(long) {
		t.Errorf("%d tries, %d bytes of %d", tried, len(got), len(long))
	}
}
