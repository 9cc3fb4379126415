package gonfalon

import (
	"compress/gzip"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPollingAsksForWhatIsNew(t *testing.T) {
	p := newPlane(t)
	p.snapshot = compiled(t, 1, flagOn)
	c, err := New(t.Context(), Config{Endpoint: p.URL, Token: "token", Source: Poll(time.Millisecond), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !c.Enabled("on") || c.State() != Ready {
		t.Fatal(c.State())
	}
	if first := <-p.asked; first != "" {
		t.Errorf("a client that has nothing asks for what is not %s", first)
	}
	if second := <-p.asked; len(second) != 66 {
		t.Errorf("it sends no content id but %s", second)
	}
	p.set(func() { p.snapshot = compiled(t, 2, flagOn, flagActor) })
	until(t, c, func() bool { return c.Enabled("actor", For("user:42")) })
	p.set(func() { p.snapshot = compiled(t, 1, flagOn) }) // of a replica that is behind
	until(t, c, func() bool { return c.Stats().Refused > 0 })
	if c.Stats().Taken != 2 || c.Stats().Lost != 0 || revision(c) != 2 {
		t.Errorf("%+v", c.Stats())
	}
	p.set(func() { p.snapshot = nil })
	until(t, c, func() bool { return c.Stats().Lost > 0 })
	if !c.Enabled("on") {
		t.Error("it forgot its flags")
	}
}

func TestATimeAsLongAsCanBe(t *testing.T) {
	for range 1000 {
		if d := jittered(math.MaxInt64, 0.25); d < 50*365*24*time.Hour {
			t.Fatalf("%v", d)
		}
	}
	for range 1000 {
		if d := jittered(time.Minute, 0.1); d < 54*time.Second || d > 66*time.Second {
			t.Fatalf("%v", d)
		}
	}
}

func TestPollingTakesGzip(t *testing.T) {
	data := compiled(t, 1, flags...)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			http.Error(w, "only gzip here", http.StatusNotAcceptable)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		z.Write(data)
		z.Close()
	}))
	defer server.Close()
	c, err := New(t.Context(), Config{Endpoint: server.URL, Source: Poll(0), Logger: quiet, Usage: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !c.Enabled("on") {
		t.Errorf("%+v", c.Stats())
	}
}

func TestAFileIsWatched(t *testing.T) {
	path := filepath.Join(t.TempDir(), "flags")
	put := func(data []byte) {
		t.Helper()
		if err := writeLastGood(path, string(data)); err != nil {
			t.Fatal(err)
		}
	}
	put(compiled(t, 1, flagOn))
	c, err := New(t.Context(), Config{Source: file{path, time.Millisecond}, Logger: quiet, Grace: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !c.Enabled("on") || c.State() != Ready {
		t.Fatal(c.State())
	}
	put(compiled(t, 2, flagOn, flagActor))
	until(t, c, func() bool { return c.Enabled("actor", For("user:42")) })
	put([]byte("not a snapshot"))
	until(t, c, func() bool { return c.State() == Stale })
	if !c.Enabled("on") {
		t.Error("a broken file changed flags")
	}
	put(compiled(t, 3, flagOn, flagHero))
	until(t, c, func() bool { return c.Variant("hero", For("user:1")) == "blue" && c.State() == Ready })
}
