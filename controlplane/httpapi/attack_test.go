//go:build !race

package httpapi_test

// The race detector takes memory and ten times as long, so attacks are measured without it.

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

const (
	// mostAdded is what a request may add to the memory in use, whatever its body is.
	mostAdded = 64 << 20
	// mostOfFlag is that for a flag with as many gates or values as there may be, which is there in several forms while it
	// changes.
	mostOfFlag = 128 << 20
	// mostAtOnce is that for any number of requests at once: what may arrive, and what may be read.
	mostAtOnce = 192 << 20
	// garbage is what a collection takes for alive because it was made meanwhile, on a machine that is busy.
	garbage = 24 << 20
)

// attack is a request that takes as much memory as it can.
type attack struct {
	method, path, body string
	status             int
	most               int64 // that it may add; 0 for mostAdded
}

// attacks returns requests of the largest size in many forms. The server has an environment "default" with flags.
func attacks() map[string]attack {
	const flag, importing, previewing = "/v1/envs/default/flags/x", "/v1/envs/default/import", "/v1/envs/default/preview"
	const flagSize, importSize, size = httpapi.MaxFlagBody - 4096, httpapi.MaxImportBody - 4096, httpapi.MaxBody - 4096
	fill := func(item string, size int) string {
		return strings.TrimSuffix(strings.Repeat(item, size/len(item)), ",")
	}
	gates := func(gate string, size int) string { return `{"key":"x","gates":[` + fill(gate+",", size) + `]}` }
	values := func(value string, size int) string {
		constraint := `{"attribute":"a","operator":"in","values":[` + fill(value+",", 9999*(len(value)+1)) + `]},`
		return `{"key":"x","gates":[{"type":"rule","constraints":[` + fill(constraint, size) + `]}]}`
	}
	const actor = `{"type":"actor","target":"user:12","enabled":true}`
	return map[string]attack{
		"an import that changes everything": {"POST", importing + "?dry_run=true", manyActors(10_000, 25, false), 200, 0},
		"the same in YAML":                  {"POST", importing + "?dry_run=true", manyActors(10_000, 25, true), 200, 0},
		"an import of nothings":             {"POST", importing, `{"flags":[` + fill("{},", importSize) + `]}`, 400, 0},
		"an import of one flag":             {"POST", importing, `{"flags":[` + gates(actor, importSize) + `]}`, 400, 0},
		"an import of values":               {"POST", importing, `{"flags":[` + values("1000", importSize) + `]}`, 400, 0},
		"an import of a text":               {"POST", importing, `{"flags":[{"key":"` + strings.Repeat("x", importSize) + `"}]}`, 400, 0},
		"an import of a short list":         {"POST", importing, "flags:\n" + fill("- a\n", importSize), 400, 0},
		"an import of a YAML flow":          {"POST", importing, "flags: [" + fill("a,", importSize) + "]", 400, 0},
		"an import of aliases":              {"POST", importing, "flags:\n- &a " + strings.Repeat("x", 1<<19) + "\n" + fill("- *a\n", 1<<16), 400, 0},
		"an import of broken JSON":          {"POST", importing, `{"flags":[` + fill("{},", importSize), 400, 0},
		"a flag of gates":                   {"PUT", flag, gates("{}", flagSize), 400, 0},
		"a flag of actors":                  {"PUT", flag, gates(actor, flagSize), 422, mostOfFlag},
		"a flag of texts":                   {"PUT", flag, values(`"x"`, flagSize), 400, 0},
		"a flag of objects":                 {"PUT", flag, values(`{"":0}`, flagSize), 400, 0},
		"a flag of numbers":                 {"PUT", flag, values("1e9", flagSize), 400, 0},
		"a flag of broken text":             {"PUT", flag, `{"description":"` + strings.Repeat("\xff", flagSize) + `"}`, 400, 0},
		"a flag of brackets":                {"PUT", flag, `{"gates":` + strings.Repeat("[", flagSize) + `}`, 400, 0},
		"a flag of payloads":                {"PUT", flag, `{"gates":[{"type":"variant","variants":[` + fill(`{"name":"x","weight":1,"payload":"`+strings.Repeat("x", 60_000)+`"},`, flagSize) + `]}]}`, 422, 0},
		"a payload of objects":              {"PUT", flag, `{"gates":[{"type":"variant","variants":[{"name":"x","weight":1,"payload":{"a":[` + fill(`{"":0},`, flagSize) + `]}}]}]}`, 400, 0},
		"a preview of actors":               {"POST", previewing, `{"flag":{"key":"x","gates":[]},"actors":[` + fill(`"a",`, flagSize) + `]}`, 400, 0},
		"a preview of contexts":             {"POST", previewing, `{"flag":{"key":"x","gates":[]},"actors":[` + fill(`{"context":{"a":[1,1,1,1,1,1,1,1]}},`, flagSize) + `]}`, 400, 0},
		"a scope of constraints":            {"POST", flag + "/enable", `{"when":[` + fill(`{"attribute":"a","operator":"in","values":[1]},`, size) + `]}`, 400, 0},
		"a context of objects":              {"POST", flag + "/evaluate", `{"context":{"a":[` + fill(`{"":{}},`, httpapi.MaxContextBody-4096) + `]}}`, 200, 0},
		"a context over OFREP":              {"POST", "/ofrep/v1/evaluate/flags/x", `{"context":{"targetingKey":"","a":[` + fill(`{"":{}},`, httpapi.MaxContextBody-4096) + `]}}`, 404, 0},
		"a webhook of environments":         {"POST", "/v1/webhooks", `{"envs":[` + fill(`"",`, size) + `]}`, 422, 0},
		"an export in YAML":                 {"GET", "/v1/envs/default/export", "", 200, 0},
		"a list":                            {"GET", "/v1/envs/default/flags?limit=1000", "", 200, 0},
		"the audit":                         {"GET", "/v1/audit?limit=1000", "", 200, 0},
		"an audit entry":                    {"GET", "/v1/envs/default/audit/2", "", 200, 0},
		"a backup":                          {"GET", "/v1/backup", "", 200, 0},
	}
}

// manyActors returns a document of flags with some actors each.
func manyActors(flags, actors int, yaml bool) string {
	var b strings.Builder
	for i := range flags {
		if yaml {
			fmt.Fprintf(&b, "  - key: flag%d\n    gates:\n", i)
			for j := range actors {
				fmt.Fprintf(&b, "      - {type: actor, target: \"user:%d\", enabled: true}\n", 10*i+j)
			}
			continue
		}
		fmt.Fprintf(&b, `%.*s{"key":"flag%d","gates":[`, min(i, 1), ",", i)
		for j := range actors {
			fmt.Fprintf(&b, `%.*s{"type":"actor","target":"user:%d","enabled":true}`, min(j, 1), ",", 10*i+j)
		}
		b.WriteString("]}")
	}
	if yaml {
		return "flags:\n" + b.String()
	}
	return `{"flags":[` + b.String() + `]}`
}

// TestAttacks measures how much memory is in use while each request is served, beyond what was in use before.
func TestAttacks(t *testing.T) {
	f := attacked(t)
	for name, a := range attacks() {
		h := watchHeap(t)
		status := f.send(a)
		added := h.added()
		if status != a.status {
			t.Errorf("%s: status %d, want %d", name, status, a.status)
		}
		most := a.most
		if most == 0 {
			most = mostAdded
		}
		if added > most+garbage {
			t.Errorf("%s: %d MiB sent, %d MiB added, more than %d", name, len(a.body)>>20, added>>20, most>>20)
		}
		t.Logf("%s: %.1f MiB sent, %.1f MiB added", name, float64(len(a.body))/(1<<20), float64(added)/(1<<20))
	}
}

// TestAttacksAtOnce sends all requests together. Each is answered, if only by being told to try again.
func TestAttacksAtOnce(t *testing.T) {
	f, requests := attacked(t), attacks()
	h := watchHeap(t)
	var all sync.WaitGroup
	for name, a := range requests {
		all.Go(func() {
			if status := f.send(a); status != a.status && status != http.StatusServiceUnavailable {
				t.Errorf("%s: status %d, want %d or 503", name, status, a.status)
			}
		})
	}
	all.Wait()
	if added := h.added(); added > mostAtOnce+garbage {
		t.Errorf("%d MiB added, more than %d", added>>20, mostAtOnce>>20)
	} else {
		t.Logf("%d MiB added", added>>20)
	}
}

// TestAttacksOfManyProblems sends short bodies with very many mistakes. An answer names the first hundred.
func TestAttacksOfManyProblems(t *testing.T) {
	f := open(t, httpapi.Config{})
	const n = 500_000
	repeated := func(item string, n int) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }
	names := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"a%d":0,`, i)
		}
		return b.String()
	}
	flag, importing := "/v1/envs/default/flags/x", "/v1/envs/default/import"
	for name, c := range map[string]struct {
		method, path, body string
		want               int
	}{
		"gates beyond the limit":    {"PUT", flag, `{"gates":[` + repeated("{}", n) + `]}`, 400},
		"gates without a type":      {"PUT", flag, `{"gates":[` + repeated("{}", 100_000) + `]}`, 400},
		"gates without a target":    {"PUT", flag, `{"gates":[` + repeated(`{"type":"actor","target":""}`, 100_000) + `]}`, 422},
		"unknown members":           {"PUT", flag, `{` + names(100_000) + `"gates":[]}`, 400},
		"repeated members":          {"PUT", flag, `{` + repeated(`"key":"x"`, 100_000) + `}`, 400},
		"a payload with repetition": {"PUT", flag, `{"gates":[{"type":"variant","variants":[{"name":"a","weight":1,"payload":{` + repeated(`"a":0`, 100_000) + `}}]}]}`, 400},
		"a viewer's preview":        {"POST", "/v1/envs/default/preview", `{"flag":{"key":"x","gates":[` + repeated("{}", 100_000) + `]}}`, 400},
		"a preview of too many":     {"POST", "/v1/envs/default/preview", `{"flag":{"key":"x","gates":[]},"actors":[` + repeated("{}", n) + `]}`, 400},
		"a preview of deep values":  {"POST", "/v1/envs/default/preview", `{"flag":{"key":"x","gates":[]},"actors":[{"context":{"a":[` + repeated("[]", n+1) + `]}}]}`, 400},
		"an import of empty flags":  {"POST", importing, `{"flags":[` + repeated("{}", n) + `]}`, 400},
		"an import of bad flags":    {"POST", importing, `{"flags":[` + repeated(`{"key":""}`, 50_000) + `]}`, 422},
		"an import of YAML":         {"POST", importing, "flags:\n" + strings.Repeat("- {}\n", 100_000), 400},
		"an import of long YAML":    {"POST", importing, "flags: [" + repeated("{}", 1_000_000) + "]", 400},
		"variants":                  {"POST", flag + "/variants", `{"variants":[` + repeated("{}", n) + `]}`, 400},
		"constraints of a scope":    {"POST", flag + "/enable", `{"when":[` + repeated("{}", 100_000) + `]}`, 400},
		"values of a segment":       {"PUT", "/v1/envs/default/segments/s", `{"constraints":[{"attribute":"a","operator":"in","values":[` + repeated("{}", n) + `]}]}`, 400},
		"filters of a webhook":      {"POST", "/v1/webhooks", `{"name":"x","url":"https://x.example","envs":[` + repeated(`""`, 100_000) + `]}`, 422},
	} {
		got := f.do(adminToken, c.method, c.path, c.body)
		var e apiclient.Error
		if got.status != c.want || len(got.body) > 64<<10 {
			t.Errorf("%s: status %d and %d bytes, want %d and few: %.200s", name, got.status, len(got.body), c.want, got.body)
			continue
		}
		got.into(t, &e)
		if len(e.Errors) > flagset.MaxProblems+1 || len(e.Errors) == flagset.MaxProblems+1 && e.Errors[flagset.MaxProblems].Detail != "and more" {
			t.Errorf("%s: %d errors, the last of which is %v", name, len(e.Errors), e.Errors[len(e.Errors)-1])
		}
	}
	// A tolerant import stores them, and warns of the first hundred.
	warned, err := f.admin.Import(t.Context(), "default", []byte(`{"flags":[{"key":"x","gates":[`+repeated(`{"type":"percentage_of_actors","ratio":2}`, 1000)+`]}]}`), api.Import{Tolerant: true}, apiclient.WriteOptions{})
	if err != nil || len(warned.Warnings) != flagset.MaxProblems+1 {
		t.Errorf("%d warnings, %v", len(warned.Warnings), err)
	}
}

// attacked returns a control plane with 2,000 flags.
func attacked(t *testing.T) *fixture {
	f := open(t, httpapi.Config{})
	f.http = f.server.Client() // the checks of requests and answers take memory too
	if _, err := f.client(adminToken).Import(t.Context(), "default", []byte(manyActors(2_000, 5, false)), api.Import{}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) send(a attack) (status int) {
	r, err := http.NewRequestWithContext(f.t.Context(), a.method, f.server.URL+a.path, strings.NewReader(a.body))
	if err != nil {
		f.t.Error(err)
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	got, err := f.http.Do(r)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return http.StatusServiceUnavailable // it was refused while it was still being sent
	}
	if err != nil {
		f.t.Error(err)
		return 0
	}
	defer got.Body.Close()
	_, _ = io.Copy(io.Discard, got.Body)
	return got.StatusCode
}

// heap watches how much memory live objects take.
type heap struct {
	stop       chan struct{}
	done       sync.WaitGroup
	base, peak uint64
}

// watchHeap begins to watch. The collector runs often meanwhile, and what it finds alive counts.
func watchHeap(t testing.TB) *heap {
	percent := debug.SetGCPercent(10)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	runtime.GC()
	h := &heap{stop: make(chan struct{}), base: live()}
	h.done.Go(func() {
		for {
			select {
			case <-h.stop:
				return
			case <-time.After(time.Millisecond):
				h.peak = max(h.peak, live())
			}
		}
	})
	return h
}

// added ends the watch, and returns how much was added at the most.
func (h *heap) added() int64 {
	close(h.stop)
	h.done.Wait()
	return max(0, int64(h.peak)-int64(h.base))
}

// live returns what the last collection found in use.
func live() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
