package gonfalon

import (
	"encoding/json"
	"os"
	"testing"
)

// TestEndpoint refuses what can't be an endpoint, in the words of every SDK.
func TestEndpoint(t *testing.T) {
	text, err := os.ReadFile("../../testdata/endpoints.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Endpoint, Words string }
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) < 20 {
		t.Fatal(len(cases), err)
	}
	for _, c := range cases {
		said := ""
		if err := checkEndpoint(c.Endpoint); err != nil {
			said = err.Error()
		}
		if said != c.Words {
			t.Errorf("%q: %q, want %q", c.Endpoint, said, c.Words)
		}
		if c.Words == "" || c.Endpoint == "" {
			continue
		}
		if _, err := New(t.Context(), Config{Endpoint: c.Endpoint, Token: "t"}); err == nil || err.Error() != "gonfalon: "+c.Words {
			t.Errorf("a client of %q: %v", c.Endpoint, err)
		}
	}
}
