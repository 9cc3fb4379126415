package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// Client calls one control plane. It is safe for concurrent use.
type Client struct {
	Endpoint string       // such as "http://127.0.0.1:8080"; it may have a path
	Token    string       // "" for none
	HTTP     *http.Client // nil for http.DefaultClient; the context sets deadlines. Redirects are not followed
	Agent    string       // the User-Agent; "" for Go's

	Silence time.Duration // how long a stream may say nothing before it counts as lost; 0 for DefaultSilence
}

// DefaultSilence is three of the server's heartbeats.
const DefaultSilence = 45 * time.Second

// New returns a client.
func New(endpoint, token string) *Client { return &Client{Endpoint: endpoint, Token: token} }

// WriteOptions are the options of a change.
type WriteOptions struct {
	Reason       string // why, for the audit
	OnBehalfOf   string // for whom, for the audit, if the token acts for others; "" for itself
	IfMatch      string // the version that must be the current one; "*" means that it must exist
	IfAbsent     bool   // it must not exist
	AllowMissing bool   // gates may name segments and parents that don't exist yet
	DryRun       bool   // check everything, write nothing
}

// request is one call on the API.
type request struct {
	method string
	path   string // escaped
	query  url.Values
	write  WriteOptions
	accept string // "" for JSON
	body   []byte // nil for none
	kind   string // the body's media type; "" for JSON
	header map[string]string

	endless bool // the answer is a stream, to which HTTP's Timeout doesn't apply
}

// path joins escaped segments below /v1.
func path(segments ...string) string {
	var b strings.Builder
	b.WriteString("/v1")
	for _, s := range segments {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(s))
	}
	return b.String()
}

// send makes the request. If the response is neither a success nor a 304, the error is an *Error. A page of HTML is what a
// proxy says in place of the control plane, and would else be taken for YAML.
func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	if r.write.DryRun {
		if r.query == nil {
			r.query = url.Values{}
		}
		r.query.Set("dry_run", "true")
	}
	address := strings.TrimSuffix(c.Endpoint, "/") + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	q, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return nil, fmt.Errorf("apiclient: %w", err)
	}
	set := func(name, value string) {
		if value != "" {
			q.Header.Set(name, value)
		}
	}
	if c.Token != "" {
		set("Authorization", "Bearer "+c.Token)
	}
	set("User-Agent", c.Agent)
	set("Accept", r.accept)
	if r.body != nil {
		set("Content-Type", or(r.kind, "application/json"))
	}
	for name, value := range r.header {
		set(name, value)
	}
	set("X-Gonfalon-On-Behalf-Of", url.PathEscape(r.write.OnBehalfOf))
	switch {
	case r.write.IfMatch == "*":
		set("If-Match", "*")
	case r.write.IfMatch != "":
		set("If-Match", `"`+r.write.IfMatch+`"`)
	case r.write.IfAbsent:
		set("If-None-Match", "*")
	}
	client := unredirected(c.HTTP)
	if r.endless {
		client.Timeout = 0
	}
	answer, err := client.Do(q)
	if err != nil {
		return nil, fmt.Errorf("apiclient: %w", err)
	}
	if to := answer.Header.Get("Location"); answer.StatusCode/100 == 3 && to != "" {
		answer.Body.Close()
		return nil, fmt.Errorf("apiclient: %s redirects to %.200q, which is not followed: the token is for the endpoint alone", c.Endpoint, to)
	}
	if answer.StatusCode >= 300 && answer.StatusCode != http.StatusNotModified {
		defer answer.Body.Close()
		return nil, readError(answer)
	}
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	switch {
	case kind == "text/html":
		err = errors.New("it is a page of HTML")
	case r.accept != "" && kind != r.accept:
		err = fmt.Errorf("it is %.80q, not %s", kind, r.accept)
	default:
		return answer, nil
	}
	answer.Body.Close()
	return nil, &UnreadableError{r.method + " " + r.path, err}
}

// unredirected returns a client that follows no redirect: net/http would send the token on to the same host without TLS, to
// its other ports and to its subdomains. nil stands for http.DefaultClient.
func unredirected(client *http.Client) *http.Client {
	if client == nil {
		client = http.DefaultClient
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// call makes the request and reads the response into a document, unless into is nil.
func (c *Client) call(ctx context.Context, r request, into any) error {
	answer, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if into == nil {
		var n int64
		if n, err = io.Copy(io.Discard, answer.Body); n > 0 && err == nil {
			err = errors.New("it says something, and should be empty")
		}
	} else {
		err = readDocument(answer.Body, into)
	}
	if err != nil {
		return &UnreadableError{r.method + " " + r.path, err}
	}
	return nil
}

// readDocument reads an answer, which has some member that every answer of its kind has. Else it is another server's: what it
// doesn't say would be taken for nothing, such as no flags.
func readDocument(from io.Reader, into any) error {
	var (
		text   json.RawMessage
		answer map[string]json.RawMessage
	)
	if err := json.NewDecoder(from).Decode(&text); err != nil {
		return err
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return errors.New("it is no JSON object")
	}
	expected := required(reflect.TypeOf(into).Elem())
	if !slices.ContainsFunc(expected, func(name string) bool { _, has := answer[name]; return has }) {
		return fmt.Errorf("it has none of the members %s", strings.Join(expected, ", "))
	}
	return json.Unmarshal(text, into)
}

// required lists the members that every document of a type has.
func required(t reflect.Type) (names []string) {
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" && !strings.Contains(options, "omit") {
			names = append(names, name)
		}
	}
	return names
}

// get reads a document.
func (c *Client) get(ctx context.Context, path string, query url.Values, into any) error {
	return c.call(ctx, request{method: http.MethodGet, path: path, query: query}, into)
}

// post sends a document, and adds the options that belong into a body.
func (c *Client) post(ctx context.Context, path string, document any, w WriteOptions, into any) error {
	return c.change(ctx, http.MethodPost, path, document, w, into)
}

func (c *Client) change(ctx context.Context, method, path string, document any, w WriteOptions, into any) error {
	body, err := api.JoinObjects(document, writeMembers{w.Reason, w.AllowMissing})
	if err != nil {
		return fmt.Errorf("apiclient: %w", err)
	}
	return c.call(ctx, request{method: method, path: path, write: w, body: body}, into)
}

// drop deletes something.
func (c *Client) drop(ctx context.Context, path string, query url.Values, w WriteOptions, into any) error {
	if query == nil {
		query = url.Values{}
	}
	if w.Reason != "" {
		query.Set("reason", w.Reason)
	}
	return c.call(ctx, request{method: http.MethodDelete, path: path, query: query, write: w}, into)
}

// writeMembers holds the members that the body of every change may have.
type writeMembers struct {
	Reason       string `json:"reason,omitempty"`
	AllowMissing bool   `json:"allow_missing,omitempty"`
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
