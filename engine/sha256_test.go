package engine_test

import (
	"crypto/sha256"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

func TestOwnSHA256IsTheStandardOne(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 400 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		if want, got := sha256.Sum256(b), engine.OwnSum(string(b)); want != got {
			t.Fatalf("%d bytes: %x, want %x", n, got, want)
		}
		for _, cut := range []int{0, n / 3, n} {
			a, k := string(b[:cut]), string(b[cut:])
			want := engine.Score(a, k)
			if got := engine.OwnScore(a, k); got != want {
				t.Fatalf("score of %d and %d bytes: %d, want %d", cut, n-cut, got, want)
			}
			if n <= engine.ShortScore {
				if got := engine.OwnShortScore(a, k); got != want {
					t.Fatalf("short score of %d and %d bytes: %d, want %d", cut, n-cut, got, want)
				}
			}
		}
	}
}

// These scores are published by the two reference libraries.
func TestPublishedScores(t *testing.T) {
	for _, c := range []struct {
		actor, flag string
		want        uint16
	}{
		{"user:1", "pipeweed", 56743}, {"user:2", "pipeweed", 44844}, {"user:3", "pipeweed", 33458}, {"user:4", "pipeweed", 17155},
		{"user:3", "mushrooms", 39655}, {"user:3", "palantir", 9442}, {"user:42", "coconut", 46035}, {"user:2", "coconut", 30901},
		{"user-42", "my_flag", 61063}, {"a", "bc", 47736}, {"ab", "c", 47736}, {"", "f", 9519}, {"é", "флаг", 65211},
	} {
		if got := engine.Score(c.actor, c.flag); got != c.want {
			t.Errorf("Score(%q, %q) = %d, want %d", c.actor, c.flag, got, c.want)
		}
	}
	for _, n := range []int{60, 119, 120, 2000, 5000} {
		long := strings.Repeat("x", n)
		if got, want := engine.OwnScore(long, "f"), engine.Score(long, "f"); got != want {
			t.Errorf("score of %d bytes: own %d, native %d", n, got, want)
		}
	}
}
