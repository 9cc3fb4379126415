package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore/etcdtest"
)

const (
	// noticing is how long a server may take to notice that its store is lost.
	noticing = 15 * time.Second
	// answering is how long any request may take meanwhile.
	answering = 15 * time.Second
	// recovering is how long a server may take to follow its store again, however long it was lost.
	recovering = 15 * time.Second
)

// TestFaultsOfTheStore lets the store of a server fail in several ways. The server notices and says so, keeps serving
// flags, lets nothing hang, and goes on by itself once the store is back.
func TestFaultsOfTheStore(t *testing.T) {
	var all sync.WaitGroup // they wait for most of their time, so that no processor has to wait for them
	defer all.Wait()
	for name, fault := range map[string]func(*etcdtest.Process, *etcdtest.Link) (mend func()){
		"killed":     func(p *etcdtest.Process, _ *etcdtest.Link) func() { p.Kill(); return p.Restart },
		"cut off":    func(_ *etcdtest.Process, l *etcdtest.Link) func() { l.Cut(); return l.Mend },
		"blackholed": func(_ *etcdtest.Process, l *etcdtest.Link) func() { l.Freeze(); return l.Thaw },
	} {
		all.Go(func() {
			t.Run(name, func(t *testing.T) {
				store := etcdtest.StartProcess(t)
				link := store.Link()
				s := serve(t, "--etcd-endpoints", link.Endpoint())
				s.run("flags", "enable", "risky").must(t)
				mend := fault(store, link)
				s.degrades("the store has not answered")
				if !strings.Contains(s.logs.String(), "the store is lost") {
					t.Errorf("the log doesn't say so:\n%s", s.logs)
				}
				mend()
				s.within(recovering, "following the store again", func() bool { return s.get("/readyz").has(`"status":"ready"`) })
				s.run("flags", "kill", "risky").must(t)
				if got := s.get("/metrics"); !got.has(`gonfalon_degraded{kind="store"} 0`) || !strings.Contains(s.logs.String(), "follows the store again") {
					t.Errorf("it doesn't say that the store is back:\n%s", s.logs)
				}
				s.stop()
			})
		})
	}
}

// degrades waits until the server says that its store is lost, and why. Until then and afterwards it answers everything.
func (s *server) degrades(why string) {
	s.t.Helper()
	var asking sync.WaitGroup
	for path, codes := range map[string][]int{
		"/healthz": {200}, "/readyz": {200}, "/v1/envs/default/snapshot": {200}, "/v1/envs/default/stream": {200},
		"/v1/envs/default/flags": {200, 503}, "/v1/audit?env=default": {200, 503}, "/v1/backup": {200, 503}, "/v1/tokens": {200, 503},
	} {
		asking.Go(func() { s.get(path).is(s.t, path, codes...) })
	}
	change := func() { s.ask("POST", "/v1/envs/default/flags/new/enable", "{}").is(s.t, "a change", 503) }
	asking.Go(change)
	s.within(noticing, "noticing the fault", func() bool {
		return s.get("/readyz").has(why) && s.get("/metrics").has(`gonfalon_degraded{kind="store"} 1`)
	})
	asking.Go(change) // which meets a store that is known to be lost
	for _, path := range []string{"/healthz", "/readyz", "/v1/envs/default/snapshot", "/v1/envs/default/stream"} {
		s.get(path).is(s.t, path, 200)
	}
	if code, value := s.try(s.tryToken); code != 200 || value != true {
		s.t.Errorf("an evaluation answers %d %v", code, value)
	}
	asking.Wait()
}

// within waits until something is so.
func (s *server) within(most time.Duration, what string, so func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(most); !so(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%s took longer than %v: %s\n%s", what, most, s.get("/readyz").text, s.logs)
		}
	}
}

// response is the beginning of an answer.
type response struct {
	code int
	text string
	took time.Duration
}

func (r response) has(part string) bool { return strings.Contains(r.text, part) }

// is checks the status, and that the answer came in time.
func (r response) is(t *testing.T, what string, codes ...int) {
	t.Helper()
	for _, code := range codes {
		if r.code == code && r.took < answering {
			return
		}
	}
	t.Errorf("%s: %d after %v, want %v: %s", what, r.code, r.took, codes, r.text)
}

func (s *server) get(path string) response {
	s.t.Helper()
	return s.ask(http.MethodGet, path, "")
}

func (s *server) ask(method, path, body string) response {
	s.t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*answering)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.adminToken)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return response{text: err.Error(), took: time.Since(began)}
	}
	defer answer.Body.Close()
	var text []byte
	if strings.HasSuffix(path, "/stream") {
		text = make([]byte, 1024)
		n, _ := answer.Body.Read(text)
		text = text[:n]
	} else {
		text, _ = io.ReadAll(answer.Body)
	}
	return response{answer.StatusCode, string(text), time.Since(began)}
}

// TestAFullStoreIsNoticed fills the store of a server. It says so before there is no room, refuses what takes room with
// what to do about it, and kills and deletes all the same.
func TestAFullStoreIsNoticed(t *testing.T) {
	s := serve(t, "--data-dir", filepath.Join(t.TempDir(), "data"), "--etcd-quota", strconv.Itoa(16<<20))
	s.run("flags", "enable", "risky").must(t)
	s.run("flags", "enable", "old").must(t)
	var full response
	chance, payload := rand.NewChaCha8([32]byte{}), make([]byte, 25_000) // so that nothing can be compressed
	for i := 0; i < 2_000 && full.code == 0; i++ {
		_, _ = chance.Read(payload)
		body := fmt.Sprintf(`{"flags": [{"key": "large%d", "gates": [{"type": "variant", "variants": [{"name": "a", "weight": 1, "payload": "%x"}]}]}]}`, i, payload)
		if got := s.ask("POST", "/v1/envs/default/import", body); got.code != http.StatusOK {
			full = got
		}
	}
	full.is(t, "an import that finds no room", http.StatusServiceUnavailable)
	if !full.has("only kills and deletions") || !full.has("retention") {
		t.Errorf("it doesn't say what to do: %s", full.text)
	}
	s.within(noticing, "noticing a full store", func() bool {
		return s.get("/readyz").has("% full") && s.get("/metrics").has(`gonfalon_degraded{kind="space"} 1`) && strings.Contains(s.logs.String(), "the store is nearly full")
	})
	s.get("/readyz").is(t, "readyz of a full store", http.StatusOK)
	s.run("flags", "kill", "risky").must(t)
	s.run("flags", "delete", "old").must(t)
	if code, value := s.try(s.tryToken); code != http.StatusOK || value != true {
		t.Errorf("an evaluation answers %d %v", code, value)
	}
	s.stop()
}
