package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// These are our own headers, in the form in which net/http keeps them.
const (
	environmentHeader = "X-Gonfalon-Env"          // in a request: the environment in which OFREP decides
	onBehalfOfHeader  = "X-Gonfalon-On-Behalf-Of" // in a change: for whom the token makes it, percent-encoded
	versionHeader     = "X-Gonfalon-Version"      // in a response
	formatsHeader     = "X-Gonfalon-Formats"      // of a request: the snapshot formats that the caller reads, such as 1,2
	// In a request, the position that a host is at. In a response, that of the snapshot: lineage, revision and content id.
	positionHeader = "X-Gonfalon-Position"
	// In a response, the revision of the environment after a change, or of what is read.
	revisionHeader = "X-Gonfalon-Revision"
	// In a response, the position of the request, if the snapshot takes its place even with a lower revision.
	supersedesHeader = "X-Gonfalon-Supersedes"
)

// call is one request while it is served.
type call struct {
	echo.Context
	api     *API
	route   *route
	rules   *rules // of the settings when it began
	secret  string // of the token or, if there is a session, of that
	token   api.Token
	session api.Session // the zero Session if the request has a token
	env     string      // the environment that the request is about; "" for none or several
	reason  string      // the reason of a change, read from the body, for the record of failures
	// onBehalfOf says for whom a change is made; "" for the token itself.
	onBehalfOf string
	held       held
}

// serve is the path of every request: it is admitted and handled, or refused; then it is measured and logged.
func (a *API) serve(r *route) echo.HandlerFunc {
	observe := a.metrics.observer(r)
	return func(request echo.Context) error {
		start := time.Now()
		c := &call{Context: request, api: a, route: r, rules: a.rules.Load()}
		defer c.release()
		c.Response().Header()[versionHeader] = a.version
		if err := c.handle(); err != nil {
			c.refuse(err)
		}
		took := time.Since(start)
		observe(c.Response().Status, took)
		c.log(took)
		return nil
	}
}

func (c *call) handle() (err error) {
	defer func() {
		if r := recover(); r != nil {
			if r == http.ErrAbortHandler {
				panic(r)
			}
			c.api.log.Error("a request made the server panic", "route", c.route.path, "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	if err := c.admit(); err != nil {
		return err
	}
	if err := c.readOnBehalfOf(); err != nil {
		return err
	}
	return c.route.handle(c)
}

// log writes the access log. Requests that hosts and browsers make all the time are only logged for debugging.
func (c *call) log(took time.Duration) {
	level := slog.LevelInfo
	if c.route.frequent() {
		level = slog.LevelDebug
	}
	r, w := c.Request(), c.Response()
	if w.Status >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	if c.api.config.Tracer != nil {
		span := trace.SpanFromContext(r.Context())
		span.SetName(c.route.method + " " + c.route.path)
		span.SetAttributes(attribute.String("http.route", c.route.path), attribute.String("gonfalon.environment", c.env), attribute.String("gonfalon.token", c.token.Name))
	}
	if !c.api.log.Enabled(r.Context(), level) {
		return
	}
	c.api.log.LogAttrs(r.Context(), level, "request",
		slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", w.Status), slog.Int64("bytes", w.Size),
		slog.Duration("took", took), slog.String("token", c.token.Name), slog.String("environment", c.env), slog.String("remote", r.RemoteAddr))
}

func (c *call) service() *controlplane.Service { return c.api.service }

func (c *call) context() context.Context { return c.Request().Context() }

// param returns a segment of the path, unescaped.
func (c *call) param(name string) string {
	value := c.Param(name)
	if strings.IndexByte(value, '%') < 0 {
		return value
	}
	if plain, err := url.PathUnescape(value); err == nil && c.Request().URL.RawPath != "" {
		return plain
	}
	return value
}

// answer writes a document as the response.
func (c *call) answer(status int, document any) error {
	data, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return c.blob(status, "application/json", append(data, '\n'))
}

// answerChanges writes a document whose changes may take many megabytes, one change after the other.
func (c *call) answerChanges(document any, changes []api.Change) error {
	data, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	before, after, _ := bytes.Cut(data, []byte(`"changes":[]`)) // in a string, its quotation marks would be escaped
	w := c.Response()
	w.Header()["Content-Type"] = []string{"application/json"}
	w.WriteHeader(http.StatusOK)
	to := bufio.NewWriter(w)
	_, _ = to.Write(before) // a caller that is gone needs no answer
	_, _ = to.WriteString(`"changes":[`)
	for i := range changes {
		one, err := json.Marshal(changes[i])
		if err != nil {
			return fmt.Errorf("writing the answer: %w", err)
		}
		if i > 0 {
			_ = to.WriteByte(',')
		}
		_, _ = to.Write(one)
	}
	_ = to.WriteByte(']')
	_, _ = to.Write(append(after, '\n'))
	_ = to.Flush()
	return nil
}

func (c *call) blob(status int, kind string, data []byte) error {
	w := c.Response()
	w.Header()["Content-Type"] = []string{kind}
	w.WriteHeader(status)
	_, _ = w.Write(data) // a caller that is gone needs no answer
	return nil
}

// tellRevision says which revision the environment has after a change, so that a program can wait until a client serves
// it.
func (c *call) tellRevision(n int64) {
	c.Response().Header().Set(revisionHeader, strconv.FormatInt(n, 10))
}

// tellVersion says which version the thing that is answered has, for If-Match.
func (c *call) tellVersion(version string) {
	c.Response().Header()["Etag"] = []string{`"` + version + `"`}
}

// nothing answers a change that has no document to return.
func (c *call) nothing() error {
	c.Response().WriteHeader(http.StatusNoContent)
	return nil
}

// tag sets the entity tag. It reports whether the caller already has that version; then it has also answered.
func (c *call) tag(version string) (current bool) {
	c.tellVersion(version)
	if !Matches(c.Request().Header.Get("If-None-Match"), c.Response().Header().Get("Etag")) {
		return false
	}
	c.Response().WriteHeader(http.StatusNotModified)
	return true
}

// Matches reports whether a list of entity tags contains this one, compared weakly.
func Matches(list, tag string) bool {
	for list != "" {
		var one string
		one, list, _ = strings.Cut(list, ",")
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == tag || one == "*" {
			return true
		}
	}
	return false
}
