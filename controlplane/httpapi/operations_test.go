package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/stored"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
	"github.com/gonfalon-flags/gonfalon/wasm"
)

func TestHealth(t *testing.T) {
	f := open(t, httpapi.Config{Version: "1.2.3"})
	got := f.want(200, f.do("", "GET", "/healthz", nil))
	if got.header.Get("X-Gonfalon-Version") != "1.2.3" || !strings.Contains(string(got.body), `"version":"1.2.3"`) {
		t.Errorf("%v %s", got.header, got)
	}
	head, err := f.server.Client().Head(f.server.URL + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	head.Body.Close()
	if head.StatusCode != 200 || head.ContentLength <= 0 {
		t.Errorf("HEAD: %d, %d bytes", head.StatusCode, head.ContentLength)
	}
	ready := f.want(200, f.do("", "GET", "/readyz", nil))
	if !strings.Contains(string(ready.body), `"key":"default"`) {
		t.Errorf("%s", ready)
	}
}

func TestMetrics(t *testing.T) {
	// This registry refuses a metric that its collector doesn't describe: Describe and Collect must agree.
	f := open(t, httpapi.Config{Version: "1.2.3", Metrics: prometheus.NewPedanticRegistry()})
	f.enable("x", flagset.Scope{})
	f.want(200, f.do(adminToken, "POST", "/ofrep/v1/evaluate/flags/x", `{}`))
	f.want(200, f.do(adminToken, "POST", "/ofrep/v1/evaluate/flags", `{}`))
	f.want(401, f.do("", "GET", "/v1/envs", nil))
	f.want(404, f.do("", "GET", "/nowhere", nil))
	events, _ := listen(t, f.admin, "")
	next(t, events)
	text := string(f.want(200, f.do("", "GET", "/metrics", nil)).body)
	for _, line := range []string{
		`gonfalon_build_info{version="1.2.3"} 1`,
		`gonfalon_http_requests_total{method="POST",route="/v1/envs/:env/flags/:key/enable",status="201"} 1`,
		`gonfalon_http_requests_total{method="GET",route="/v1/envs",status="401"} 1`,
		`gonfalon_http_requests_total{method="any",route="unknown",status="404"} 1`,
		`gonfalon_http_request_seconds_count{method="POST",route="/ofrep/v1/evaluate/flags/:key"} 1`,
		`gonfalon_write_seconds_count{action="flag.enable"} 1`,
		`gonfalon_evaluations_total{source="ofrep"} 1`,
		`gonfalon_evaluations_total{source="ofrep_bulk"} 1`,
		`gonfalon_streams 1`,
		`gonfalon_environment_streams{environment="default"} 1`,
		`gonfalon_environment_hosts{current="true",environment="default"} 0`,
		`gonfalon_environment_flags{environment="default"} 1`,
		`gonfalon_synced 1`,
		"gonfalon_snapshot_age_seconds{", "gonfalon_snapshot_bytes{", "go_goroutines ", "process_",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("/metrics lacks %s", line)
		}
	}
	for _, name := range httpapi.StatusMetrics() {
		if !strings.Contains(text, "\n"+name) {
			t.Errorf("%s is described, but not collected", name)
		}
	}
}

// lines collects a log.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// TestAccessLog checks that changes and admin reads are logged at Info, hosts' frequent requests at Debug, and secrets
// never.
func TestAccessLog(t *testing.T) {
	var info lines
	f := open(t, httpapi.Config{Logger: slog.New(slog.NewJSONHandler(&info, nil))})
	secret := f.token(api.RoleClient)
	f.enable("x", flagset.Scope{})
	f.want(200, f.do(secret, "POST", "/ofrep/v1/evaluate/flags/x", `{}`))
	got := info.String()
	if !strings.Contains(got, `"path":"/v1/envs/default/flags/x/enable"`) || !strings.Contains(got, `"status":201`) {
		t.Errorf("%s", got)
	}
	if strings.Contains(got, "/ofrep/") || strings.Contains(got, secret) || strings.Contains(got, adminToken) {
		t.Errorf("%s", got)
	}
}

// TestTraces checks that spans go to the collector in the standard variables, as part of the caller's trace.
func TestTraces(t *testing.T) {
	received := make(chan []byte, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/v1/traces" {
			received <- body
		}
	}))
	defer collector.Close()
	if none, err := httpapi.TracerFromEnvironment(t.Context(), "1"); none != nil || err != nil {
		t.Fatalf("%v %v", none, err)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_SERVICE_NAME", "flags-of-the-shop")
	tracer, err := httpapi.TracerFromEnvironment(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, httpapi.Config{Tracer: tracer})
	f.want(200, f.do(adminToken, "GET", "/v1/envs/default", nil, "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
	events, end := listen(t, f.admin, "") // streams work through the tracing as well
	next(t, events)
	f.api.Drain()
	ended(t, end)
	f.server.Close()
	if err := tracer.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	spans := string(<-received)
	for _, part := range []string{"GET /v1/envs/:env", "flags-of-the-shop", "\x0a\xf7\x65\x19\x16\xcd"} {
		if !strings.Contains(spans, part) {
			t.Errorf("the spans lack %q", part)
		}
	}
	for name, value := range map[string]string{"OTEL_TRACES_EXPORTER": "zipkin", "OTEL_EXPORTER_OTLP_PROTOCOL": "carrier-pigeon"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			if _, err := httpapi.TracerFromEnvironment(t.Context(), "1"); err == nil {
				t.Errorf("%s=%s: no error", name, value)
			}
		})
	}
	t.Setenv("OTEL_SDK_DISABLED", "true")
	if none, err := httpapi.TracerFromEnvironment(t.Context(), "1"); none != nil || err != nil {
		t.Errorf("%v %v", none, err)
	}
}

func TestDocumentIsJSON(t *testing.T) {
	f := open(t, httpapi.Config{})
	if got := f.want(200, f.do("", "GET", "/openapi.json", nil)); !json.Valid(got.body) {
		t.Error("/openapi.json is not JSON")
	}
}

func TestSchemaOfFiles(t *testing.T) {
	f := open(t, httpapi.Config{})
	got := f.want(200, f.do("", "GET", "/schema.json", nil))
	if !bytes.Equal(got.body, flagset.Schema()) || got.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%d bytes, %v", len(got.body), got.header)
	}
}

func TestEngine(t *testing.T) {
	f := open(t, httpapi.Config{})
	got := f.want(200, f.do("", "GET", "/engine.wasm", nil))
	if !bytes.Equal(got.body, wasm.Module()) || got.header.Get("Content-Type") != "application/wasm" {
		t.Errorf("%d bytes of %s", len(got.body), got.header.Get("Content-Type"))
	}
	f.want(304, f.do("", "GET", "/engine.wasm", nil, "If-None-Match", got.header.Get("ETag")))
}

func TestBackup(t *testing.T) {
	f := open(t, httpapi.Config{})
	var b bytes.Buffer
	if err := f.admin.Backup(context.Background(), &b); err != nil || b.Len() == 0 {
		t.Errorf("%d bytes, %v", b.Len(), err)
	}
}

// TestARecordOfANewerBuildDegrades: readyz and the metrics tell of it, and everything else is served.
func TestARecordOfANewerBuildDegrades(t *testing.T) {
	db := memstore.New()
	defer db.Close()
	f := openOn(t, db, httpapi.Config{})
	f.enable("x", flagset.Scope{})
	put := func(value func(old []byte) []byte) {
		t.Helper()
		head, err := store.ReadOne(t.Context(), db, stored.HeadKey("default"))
		if err != nil {
			t.Fatal(err)
		}
		h, err := model.ParseHead(head.Value)
		if err != nil {
			t.Fatal(err)
		}
		record, err := store.ReadOne(t.Context(), db, stored.RecordPrefix("default", h.Generation, snapshot.FlagRecord)+"x")
		if err != nil {
			t.Fatal(err)
		}
		h.Revision, h.Time, h.Nonce = h.Revision+1, h.Time+1, model.Random(8)
		if _, err := db.Commit(t.Context(), store.Txn{Ops: []store.Op{
			{Key: record.Key, Value: value(record.Value)},
			{Key: stored.AuditKey("default", h.Revision), Value: stored.Marshal(stored.AuditEntry{Time: h.Time, By: "newer", Nonce: h.Nonce})},
			{Key: head.Key, Value: stored.Marshal(h)},
		}}); err != nil {
			t.Fatal(err)
		}
	}
	var old []byte
	put(func(value []byte) []byte { old = value; return []byte{9} })
	if list := f.want(200, f.do(adminToken, "GET", "/v1/envs/default/flags?state=unreadable", nil)); !strings.Contains(string(list.body), `"key":"x"`) {
		t.Errorf("the list is %s", list)
	}
	f.want(503, f.do(adminToken, "GET", "/v1/envs/default/flags/x", nil))
	if ready := f.want(200, f.do("", "GET", "/readyz", nil)); !strings.Contains(string(ready.body), `"degraded":["environment default: this build can't read 1 records`) {
		t.Errorf("readyz says %s", ready)
	}
	if metrics := f.want(200, f.do("", "GET", "/metrics", nil)); !strings.Contains(string(metrics.body), `gonfalon_unreadable_records{environment="default"} 1`) {
		t.Errorf("the metrics are %s", metrics)
	}
	put(func([]byte) []byte { return old })
	f.want(200, f.do(adminToken, "GET", "/v1/envs/default/flags/x", nil))
	if ready := f.want(200, f.do("", "GET", "/readyz", nil)); strings.Contains(string(ready.body), "degraded") {
		t.Errorf("readyz says %s", ready)
	}
}
