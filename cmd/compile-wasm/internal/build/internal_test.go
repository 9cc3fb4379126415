package build

import (
	"errors"
	"go/token"
	"testing"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/lower"
)

// TestInternal: a fault of the compiler's own is told as one, with its place.
func TestInternal(t *testing.T) {
	at := lower.Failure{Pos: token.Position{Filename: "main.go", Line: 3, Column: 5}, Func: "example.com/guest.run", Cause: "no value for t3"}
	for _, c := range []struct {
		cause any
		want  string
	}{
		{at, "internal error at main.go:3:5 (in guest.run: no value for t3): please report it with the program"},
		{errors.New("the module is not valid"), "internal error (the module is not valid): please report it with the program"},
	} {
		if got := internal(c.cause).Error(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
