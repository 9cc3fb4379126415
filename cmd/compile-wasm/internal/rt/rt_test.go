package rt

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"
)

func random(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.IntN(3)) // so that equal prefixes are common
	}
	return b
}

func TestEqualAndCompare(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		a, b := random(r, r.IntN(40)), random(r, r.IntN(40))
		if r.IntN(2) == 0 { // equal but for one byte at most
			b = bytes.Clone(a)
			if len(b) > 0 && r.IntN(2) == 0 {
				b[r.IntN(len(b))] ^= 1 << r.IntN(8)
			}
		}
		n := min(len(a), len(b))
		if got, want := memequal(unsafe.Pointer(unsafe.SliceData(a)), unsafe.Pointer(unsafe.SliceData(b)), n), bytes.Equal(a[:n], b[:n]); got != want {
			t.Fatalf("memequal(%x, %x, %d) = %v", a, b, n, got)
		}
		if got := strEqual(string(a), string(b)); got != bytes.Equal(a, b) {
			t.Fatalf("strEqual(%x, %x) = %v", a, b, got)
		}
		got, want := strCompare(string(a), string(b)), strings.Compare(string(a), string(b))
		if (got < 0) != (want < 0) || (got > 0) != (want > 0) {
			t.Fatalf("strCompare(%x, %x) = %d, want %d", a, b, got, want)
		}
	}
}

func TestNextRune(t *testing.T) {
	for _, s := range []string{"", "abc", "aé€𝄞z", "\xff\xc3\x28\xed\xa0\x80", "é\xc3"} {
		at := 0
		for i, want := range s {
			r, next := nextRune(s, i)
			if i != at || r != want {
				t.Errorf("%q: at %d: %q, want %q at %d", s, at, r, want, i)
			}
			_, n := utf8.DecodeRuneInString(s[i:])
			if at = next; next != i+n {
				t.Errorf("%q: after %d comes %d", s, i, next)
			}
		}
		if _, next := nextRune(s, len(s)); next != len(s) {
			t.Errorf("%q: past its end comes %d", s, next)
		}
	}
}

func TestGrowWithinCapacity(t *testing.T) {
	var room [8]int32
	p, n, c := grow(unsafe.Pointer(&room), 3, 8, 5, 4)
	if p != unsafe.Pointer(&room) || n != 8 || c != 8 {
		t.Errorf("grow moved a slice that had room: %d of %d", n, c)
	}
}
