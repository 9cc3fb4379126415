package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func gunzip(t *testing.T, data []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// flagsOfEveryKind is what the tests of OFREP import.
const flagsOfEveryKind = `
flags:
  - key: "on"
    gates: [{type: boolean, enabled: true}]
  - key: "off"
    gates: [{type: boolean, enabled: false}]
  - key: staff
    gates: [{type: group, target: staff, enabled: true}, {type: actor, target: "user:1", enabled: true}, {type: percentage_of_actors, ratio: 0.999}]
  - key: plan
    gates: [{type: segment, target: pro, enabled: true}]
  - key: child
    gates: [{type: boolean, enabled: true}, {type: prerequisite, target: "off", enabled: true}]
  - key: killed
    killed: true
    gates: [{type: boolean, enabled: true}]
  - key: names
    gates: [{type: boolean, enabled: true}, {type: variant, variants: [{name: blue, weight: 1}]}]
  - key: object
    gates: [{type: variant, variants: [{name: blue, weight: 1, payload: {hex: "#00f", "n": 5.0}}]}]
  - key: number
    gates: [{type: variant, variants: [{name: ten, weight: 1, payload: 10}]}]
  - key: whole
    gates: [{type: variant, variants: [{name: half, weight: 0, payload: 0.5}, {name: one, weight: 1, payload: 1}]}]
  - key: killed_variant
    killed: true
    gates: [{type: variant, variants: [{name: blue, weight: 1, payload: "b"}]}]
  - key: killed_off_variant
    killed: true
    off_variant: none
    gates: [{type: variant, variants: [{name: blue, weight: 1, payload: "b"}, {name: none, weight: 0, payload: "n"}]}]
segments:
  - key: pro
    constraints: [{attribute: plan, operator: in, values: [pro]}]
`

func (f *fixture) importYAML(document string) {
	f.t.Helper()
	if _, err := f.admin.Import(f.t.Context(), "default", []byte(document), api.Import{}, apiclient.WriteOptions{}); err != nil {
		f.t.Fatal(err)
	}
}

func TestOFREPSingle(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.importYAML(flagsOfEveryKind)
	client := f.token(api.RoleClient, "default")
	for _, c := range []struct{ key, context, want string }{
		{"on", `{}`, `{"key":"on","value":true,"variant":"on","reason":"STATIC","metadata":{"enabled":true,"gate":"boolean"}}`},
		{"off", `{}`, `{"key":"off","value":false,"variant":"off","reason":"DEFAULT","metadata":{"enabled":false}}`},
		{"staff", `{"targetingKey": "user:3", "groups": ["staff"]}`, `{"key":"staff","value":true,"variant":"on","reason":"TARGETING_MATCH","metadata":{"enabled":true,"gate":"group/staff"}}`},
		{"staff", `{"groups": ["qa", "staff"]}`, `{"key":"staff","value":true,"variant":"on","reason":"TARGETING_MATCH","metadata":{"enabled":true,"gate":"group/staff"}}`},
		{"staff", `{"groups": ["qa"]}`, `{"key":"staff","value":false,"variant":"off","reason":"DEFAULT","metadata":{"enabled":false}}`},
		{"staff", `{"groups": "staff"}`, `{"key":"staff","value":true,"variant":"on","reason":"TARGETING_MATCH","metadata":{"enabled":true,"gate":"group/staff"}}`},
		{"staff", `{"targetingKey": "user:1"}`, `{"key":"staff","value":true,"variant":"on","reason":"TARGETING_MATCH","metadata":{"enabled":true,"gate":"actor/user:1"}}`},
		{"staff", `{"targetingKey": "user:2"}`, `{"key":"staff","value":true,"variant":"on","reason":"SPLIT","metadata":{"enabled":true,"gate":"percentage_of_actors"}}`},
		{"plan", `{"plan": "pro"}`, `{"key":"plan","value":true,"variant":"on","reason":"TARGETING_MATCH","metadata":{"enabled":true,"gate":"segment"}}`},
		{"child", `{}`, `{"key":"child","value":false,"variant":"off","reason":"DEFAULT","metadata":{"enabled":false,"gate":"prerequisite"}}`},
		{"killed", `{}`, `{"key":"killed","value":false,"variant":"off","reason":"STATIC","metadata":{"enabled":false,"gate":"kill","killed":true}}`},
		{"names", `{"targetingKey": "u"}`, `{"key":"names","value":"blue","variant":"blue","reason":"SPLIT","metadata":{"enabled":true,"gate":"boolean"}}`},
		{"object", `{"targetingKey": "u"}`, `{"key":"object","value":{"hex":"#00f","n":5},"variant":"blue","reason":"SPLIT","metadata":{"enabled":false}}`},
		{"whole", `{"targetingKey": "u"}`, `{"key":"whole","value":1.0,"variant":"one","reason":"SPLIT","metadata":{"enabled":false}}`},
		{"names", `{"targetingKey": "", "groups": ["g"]}`, `{"key":"names","value":"blue","variant":"blue","reason":"SPLIT","metadata":{"enabled":true,"gate":"boolean"}}`},
		{"number", `{"targetingKey": "u"}`, `{"key":"number","value":10,"variant":"ten","reason":"SPLIT","metadata":{"enabled":false}}`},
		{"killed_variant", `{"targetingKey": "u"}`, `{"key":"killed_variant","variant":"","reason":"DISABLED","metadata":{"enabled":false,"gate":"kill","killed":true}}`},
		{"killed_off_variant", `{"targetingKey": "u"}`, `{"key":"killed_off_variant","value":"n","variant":"none","reason":"STATIC","metadata":{"enabled":false,"gate":"kill","killed":true}}`},
	} {
		got := f.do(client, "POST", "/ofrep/v1/evaluate/flags/"+c.key, `{"context": `+c.context+`}`)
		if got.status != 200 || string(got.body) != c.want {
			t.Errorf("%s for %s: %s\nwant %s", c.key, c.context, got, c.want)
		}
	}
	// A caller that may read rules sees which segment it was.
	if got := f.do(adminToken, "POST", "/ofrep/v1/evaluate/flags/plan", `{"context": {"plan": "pro"}}`); !strings.Contains(string(got.body), `"gate":"segment/pro"`) {
		t.Errorf("%s", got)
	}
	if got := f.want(200, f.do(client, "POST", "/ofrep/v1/evaluate/flags/on", `{}`)); got.header.Get("Content-Type") != "application/json" {
		t.Errorf("%v", got.header)
	}
	for _, c := range []struct{ key, body, code string }{
		{"on", `{"context": `, "PARSE_ERROR"},
		{"on", `[]`, "PARSE_ERROR"},
		{"on", `{"context": []}`, "INVALID_CONTEXT"},
		{"names", `{"context": {}}`, "TARGETING_KEY_MISSING"},
		{"names", `{"context": {"targetingKey": 4.5, "groups": ["g"]}}`, "TARGETING_KEY_MISSING"},
	} {
		got := f.want(400, f.do(client, "POST", "/ofrep/v1/evaluate/flags/"+c.key, c.body))
		if !strings.HasPrefix(string(got.body), `{"key":"`+c.key+`","errorCode":"`+c.code+`","errorDetails":"`) {
			t.Errorf("%s: %s, want %s", c.body, got, c.code)
		}
	}
	missing := f.want(404, f.do(client, "POST", "/ofrep/v1/evaluate/flags/no%20such", `{}`))
	if !strings.HasPrefix(string(missing.body), `{"key":"no such","errorCode":"FLAG_NOT_FOUND"`) {
		t.Errorf("%s", missing)
	}
	if _, _, err := f.client(client).Snapshot(t.Context(), "default", ""); err == nil {
		t.Error("a client token got a snapshot")
	}
}

// TestOFREPEnvironment checks that the environment is the token's only one, or else the header's, or else the default.
func TestOFREPEnvironment(t *testing.T) {
	f := open(t, httpapi.Config{})
	if _, err := f.admin.CreateEnvironment(t.Context(), api.NewEnvironment{Key: "staging"}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.admin.Enable(t.Context(), "staging", "x", flagset.Scope{}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	one, all := f.token(api.RoleClient, "staging"), f.token(api.RoleClient)
	two := f.token(api.RoleClient, "staging", "other")
	const at = "/ofrep/v1/evaluate/flags/x"
	f.want(200, f.do(one, "POST", at, `{}`))
	f.want(200, f.do(one, "POST", at, `{}`, "X-Gonfalon-Env", "staging"))
	f.want(403, f.do(one, "POST", at, `{}`, "X-Gonfalon-Env", "default"))
	f.want(404, f.do(all, "POST", at, `{}`))
	f.want(200, f.do(all, "POST", at, `{}`, "X-Gonfalon-Env", "staging"))
	f.want(403, f.do(two, "POST", at, `{}`))
	f.want(200, f.do(two, "POST", at, `{}`, "X-Gonfalon-Env", "staging"))
	f.want(200, f.do("", "POST", at, `{}`, "X-API-Key", one))
	if got := f.want(400, f.do(all, "POST", at, `{}`, "X-Gonfalon-Env", "nowhere")); !strings.Contains(string(got.body), "GENERAL") {
		t.Errorf("%s", got)
	}
}

// TestOFREPBulk checks that the entity tag covers the flags, the context, the token and schedules, but not chance.
func TestOFREPBulk(t *testing.T) {
	var passed atomic.Int64
	now := func() time.Time {
		return time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC).Add(time.Duration(passed.Load()))
	}
	f := open(t, httpapi.Config{Clock: now})
	f.importYAML(flagsOfEveryKind)
	f.enable("sometimes", flagset.ForPercentageOfTime(0.5))
	client, another := f.token(api.RoleClient, "default"), f.token(api.RoleClient, "default")
	const at = "/ofrep/v1/evaluate/flags"
	const context = `{"context": {"targetingKey": "user:1", "plan": "free", "n": 5}}`
	first := f.want(200, f.do(client, "POST", at, context))
	tag := first.header.Get("ETag")
	var got struct {
		Flags []struct {
			Key, ErrorCode string
			Value          any
		}
		Metadata     map[string]any
		EventStreams []struct {
			Type     string
			Endpoint struct{ RequestURI string }
		}
	}
	first.into(t, &got)
	if len(got.Flags) != 13 || got.Metadata["flagSetId"] != "default" || len(got.EventStreams) != 1 || tag == "" {
		t.Errorf("%s", first)
	}
	without := f.want(200, f.do(client, "POST", at, `{}`))
	if !strings.Contains(string(without.body), `{"key":"names","errorCode":"TARGETING_KEY_MISSING"`) {
		t.Errorf("%s", without)
	}
	same := func(token, context string, want int) {
		t.Helper()
		got := f.do(token, "POST", at, context, "If-None-Match", tag)
		if f.want(want, got); want == 304 && len(got.body) > 0 {
			t.Errorf("304 with %s", got.body)
		}
	}
	for range 20 { // the draw of "sometimes" leaves the tag alone
		same(client, context, 304)
	}
	same(client, `{ "context": {"n": 5.0, "plan": "free", "targetingKey": "user:1"} }`, 304)
	same(client, strings.Replace(context, "free", "pro", 1), 200)
	same(client, strings.Replace(context, "user:1", "user:2", 1), 200)
	same(another, context, 200)
	f.enable("on", flagset.ForActor("user:99"))
	same(client, context, 200)

	// When a schedule opens, the tag changes although the revision doesn't.
	f.enable("soon", flagset.Between(now().Add(time.Minute).Format(time.RFC3339), ""))
	tag = f.want(200, f.do(client, "POST", at, context)).header.Get("ETag")
	passed.Store(int64(59 * time.Second))
	same(client, context, 304)
	passed.Store(int64(time.Minute))
	same(client, context, 200)
}

func TestCORS(t *testing.T) {
	f := open(t, httpapi.Config{Settings: httpapi.Settings{AllowOrigins: []string{"https://shop.example"}}})
	preflight := func(path, origin string) http.Header {
		r, err := http.NewRequestWithContext(t.Context(), "OPTIONS", f.server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers", "authorization,content-type,if-none-match")
		got, err := f.server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		return got.Header
	}
	for _, path := range []string{"/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/x"} {
		if h := preflight(path, "https://shop.example"); h.Get("Access-Control-Allow-Origin") != "https://shop.example" || !strings.Contains(h.Get("Access-Control-Allow-Headers"), "If-None-Match") {
			t.Errorf("%s: %v", path, h)
		}
		if h := preflight(path, "https://evil.example"); h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", path, h)
		}
	}
	if h := preflight("/v1/envs", "https://shop.example"); h.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("the admin API must not be open to pages: %v", h)
	}
	got := f.want(404, f.do(adminToken, "POST", "/ofrep/v1/evaluate/flags/x", `{}`, "Origin", "https://shop.example"))
	if !strings.Contains(got.header.Get("Access-Control-Expose-Headers"), "ETag") {
		t.Errorf("%v", got.header)
	}
}

// TestOFREPCountsUsage checks that a flag which only pages ask for isn't stale, and that a bulk evaluation doesn't
// count.
func TestOFREPCountsUsage(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.enable("asked", flagset.Scope{})
	f.enable("other", flagset.Scope{})
	f.want(200, f.do(adminToken, "POST", "/ofrep/v1/evaluate/flags/asked", `{}`))
	f.want(200, f.do(adminToken, "POST", "/ofrep/v1/evaluate/flags", `{}`))
	for key, want := range map[string]int64{"asked": 1, "other": 0} {
		flag, err := f.admin.Flag(t.Context(), "default", key)
		if err != nil || flag.Evaluations != want {
			t.Errorf("%s: %d evaluations, %v; want %d", key, flag.Evaluations, err, want)
		}
	}
}

// TestOFREPBoundsWork sends a context that makes the patterns of every flag read a long attribute.
func TestOFREPBoundsWork(t *testing.T) {
	f := open(t, httpapi.Config{})
	var flags strings.Builder
	flags.WriteString("flags:\n")
	for i := range 200 {
		fmt.Fprintf(&flags, "  - {key: f%d, gates: [{type: rule, constraints: [{attribute: a, operator: matches, values: ['.*x.*y.*z%d']}]}]}\n", i, i)
	}
	f.importYAML(flags.String())
	client := f.token(api.RoleClient, "default")
	ask := func(n int) answer {
		return f.do(client, "POST", "/ofrep/v1/evaluate/flags", `{"context": {"a": "`+strings.Repeat("xy", n)+`"}}`)
	}
	f.want(200, ask(100))
	if got := f.want(400, ask(30_000)); !strings.Contains(string(got.body), `"errorCode":"INVALID_CONTEXT"`) {
		t.Errorf("%s", got)
	}
	if got := f.do(client, "POST", "/ofrep/v1/evaluate/flags", `{"context": {"a": 1`+strings.Repeat(`, "a": 1`, 20_000)+`}}`); got.status != 400 {
		t.Errorf("20,000 members: %.100s", got)
	}
}
