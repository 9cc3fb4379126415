package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	validation "github.com/pb33f/libopenapi-validator/errors"
	"github.com/pb33f/libopenapi/datamodel/high/base"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// adminToken is the admin token of every fixture.
const adminToken = "admin-token-of-the-tests"

// clientAgent is the User-Agent of requests that apiclient makes.
const clientAgent = "apiclient"

// fixture is a control plane served over real HTTP. Everything that goes through its client is checked against
// openapi.yaml.
type fixture struct {
	t       testing.TB
	service *controlplane.Service
	api     *httpapi.API
	server  *httptest.Server
	http    *http.Client
	admin   *apiclient.Client
}

func open(t testing.TB, c httpapi.Config) *fixture {
	t.Helper()
	store := memstore.New()
	f := openOn(t, store, c)
	t.Cleanup(func() { store.Close() })
	return f
}

func openOn(t testing.TB, store store.Store, c httpapi.Config) *fixture {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	service, err := controlplane.Open(t.Context(), controlplane.Config{
		Store: store, AdminToken: adminToken, Logger: quiet, Webhooks: httpapi.NewSender(httpapi.SenderConfig{AllowPrivate: true}),
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Logger == nil {
		c.Logger = quiet
	}
	f := &fixture{t: t, service: service, api: httpapi.New(service, c)}
	f.server = httptest.NewServer(f.api)
	f.http = &http.Client{Transport: &checked{t: t, next: f.server.Client().Transport}}
	f.admin = f.client(adminToken)
	t.Cleanup(func() {
		f.api.Drain()
		f.server.Close()
		if err := service.Close(); err != nil {
			t.Error(err)
		}
		sound(t, store)
	})
	return f
}

func (f *fixture) client(token string) *apiclient.Client {
	return &apiclient.Client{Endpoint: f.server.URL, Token: token, HTTP: f.http, Agent: clientAgent}
}

// token creates a token with a role and returns its secret.
func (f *fixture) token(role api.Role, envs ...string) string {
	f.t.Helper()
	t, err := f.admin.CreateToken(f.t.Context(), api.NewToken{Name: fmt.Sprint("a ", role), Role: role, Envs: envs}, apiclient.WriteOptions{})
	if err != nil {
		f.t.Fatal(err)
	}
	return t.Secret
}

// answer is a response whose body was read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, a.body) }

// into reads the answer as JSON into v.
func (a answer) into(t testing.TB, d any) {
	t.Helper()
	if err := json.Unmarshal(a.body, d); err != nil {
		t.Fatalf("%v in %s", err, a)
	}
}

// do sends a request; headers are pairs. A body is a string, or is marshalled.
func (f *fixture) do(token, method, path string, body any, headers ...string) answer {
	f.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			f.t.Fatal(err)
		}
		reader = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(f.t.Context(), method, f.server.URL+path, reader)
	if err != nil {
		f.t.Fatal(err)
	}
	if reader != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	got, err := f.http.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	defer got.Body.Close()
	data, err := io.ReadAll(got.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return answer{got.StatusCode, got.Header, data}
}

// want fails the test unless the answer has this status.
func (f *fixture) want(status int, got answer) answer {
	f.t.Helper()
	if got.status != status {
		f.t.Fatalf("status %d, want %d: %s", got.status, status, got.body)
	}
	return got
}

// described is openapi.yaml, with a validator.
type described struct {
	validator.Validator
	delivery *base.Schema // the body that a webhook receives
}

// document returns openapi.yaml, which it reads once.
var document = sync.OnceValues(func() (described, error) {
	data, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return described{}, err
	}
	d, err := libopenapi.NewDocument(data)
	if err != nil {
		return described{}, err
	}
	v, failed := validator.NewValidator(d, config.WithFormatAssertions(), config.WithoutSecurityValidation())
	if len(failed) > 0 {
		return described{}, fmt.Errorf("openapi.yaml: %v", failed)
	}
	m, err := d.BuildV3Model()
	if err != nil {
		return described{}, err
	}
	body := m.Model.Webhooks.GetOrZero("change").Post.RequestBody.Content.GetOrZero("application/json")
	return described{v, body.Schema.Schema()}, nil
})

// checked is a transport that checks requests and responses against the document. A request needs to fit it only if it
// succeeds.
type checked struct {
	t    testing.TB
	next http.RoundTripper
}

// checking allows one check at a time, since the validator caches what it compiles.
var checking sync.Mutex

// seen holds the operations for which a success was checked. Those of apiclient are there twice.
var seen sync.Map // "METHOD path" and "apiclient METHOD path": true

func (c *checked) RoundTrip(r *http.Request) (*http.Response, error) {
	v, err := document()
	if err != nil {
		return nil, err
	}
	var sent []byte
	if r.Body != nil {
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	got, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	asked := r.Clone(context.Background())
	asked.Body = io.NopCloser(bytes.NewReader(sent))
	if got.StatusCode < 300 {
		seen.Store(r.Method+" "+r.URL.Path, true)
		if r.UserAgent() == clientAgent {
			seen.Store(clientAgent+" "+r.Method+" "+r.URL.Path, true)
		}
	}
	if kind := got.Header.Get("Content-Type"); kind == "text/event-stream" || kind == "application/vnd.msgpack" || kind == "application/octet-stream" {
		return got, nil
	}
	data, err := io.ReadAll(got.Body)
	got.Body.Close()
	if err != nil {
		return nil, err
	}
	checking.Lock()
	defer checking.Unlock()
	shown := *got
	shown.Body = io.NopCloser(bytes.NewReader(data))
	got.Body = io.NopCloser(bytes.NewReader(data))
	if got.StatusCode < 300 {
		if ok, failed := v.ValidateHttpRequest(asked); !ok {
			c.t.Errorf("openapi.yaml doesn't allow the request %s %s:\n%sIt begins with %q", r.Method, r.URL, describe(failed), clip(sent))
		}
		asked.Body = io.NopCloser(bytes.NewReader(sent))
	}
	if got.StatusCode == http.StatusMethodNotAllowed || undescribed(r.URL.Path) {
		return got, nil
	}
	if ok, failed := v.ValidateHttpResponse(asked, &shown); !ok {
		c.t.Errorf("openapi.yaml doesn't allow the answer to %s %s, %d:\n%sIt begins with %q", r.Method, r.URL, got.StatusCode, describe(failed), clip(data))
	}
	return got, nil
}

// undescribed lists addresses that tests request although no route serves them.
func undescribed(path string) bool { return strings.HasPrefix(path, "/nowhere") }

// clip returns the beginning, since what is wrong stands above it.
func clip(data []byte) []byte { return data[:min(len(data), 200)] }

func describe(failed []*validation.ValidationError) string {
	var b strings.Builder
	for _, f := range failed {
		fmt.Fprintf(&b, "  %s: %s\n", f.Message, f.Reason)
		causes := slices.Clone(f.SchemaValidationErrors)
		// unevaluatedProperties refuses every member of an object in which anything else is wrong.
		if causes = slices.DeleteFunc(causes, consequence); len(causes) == 0 {
			causes = f.SchemaValidationErrors
		}
		for _, s := range causes {
			fmt.Fprintf(&b, "    %s at %s\n", s.Reason, s.FieldPath)
		}
	}
	return b.String()
}

func consequence(f *validation.SchemaValidationFailure) bool { return f.Reason == "false schema" }

// sound fails the test if the walker finds something in a store that must not be there, or is missing.
func sound(t testing.TB, db store.Store) {
	t.Helper()
	for v, err := range controlplane.Check(context.Background(), db) {
		if err != nil {
			if !errors.Is(err, store.ErrClosed) { // by the test itself
				t.Error(err)
			}
		} else if !v.Litter {
			t.Error(v)
		}
	}
}
