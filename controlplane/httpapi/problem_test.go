package httpapi

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// TestKindOf checks that what the service refuses isn't told as a refusal that only the API makes.
func TestKindOf(t *testing.T) {
	for code, want := range map[api.Code]string{
		api.Invalid: "invalid-%", api.Unauthorized: "unauthorized", api.Forbidden: "forbidden", api.NotFound: "not-found",
		api.Conflict: "conflict", api.InUse: "in-use", api.Unavailable: "unavailable",
	} {
		if got := kindOf(code).name; got != want {
			t.Errorf("%s is told as %s, want %s", code, got, want)
		}
	}
}
