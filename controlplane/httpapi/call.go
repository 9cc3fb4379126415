package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/gonfalon-flags/gonfalon/controlplane"
)

// Headers of our own, in the form in which net/http keeps them.
const (
	environmentHeader = "X-Gonfalon-Env"      // of a request: the environment that OFREP decides in
	versionHeader     = "X-Gonfalon-Version"  // of an answer
	positionHeader    = "X-Gonfalon-Position" // of an answer: lineage and revision of a snapshot
)

// call is one request on its way.
type call struct {
	echo.Context
	api    *API
	route  *route
	secret string
	token  controlplane.Token
	env    string // the environment that the request is about; "": none, or several
	reason string // of a change that was read from the body, for the record of failures
}

// serve is the way of every request: admitted, handled, or refused; then measured and logged.
func (a *API) serve(r *route) echo.HandlerFunc {
	observe := a.metrics.observer(r)
	return func(c echo.Context) error {
		start := time.Now()
		x := &call{Context: c, api: a, route: r}
		x.Response().Header()[versionHeader] = a.version
		if err := x.handle(); err != nil {
			x.refuse(err)
		}
		took := time.Since(start)
		observe(x.Response().Status, took)
		x.log(took)
		return nil
	}
}

func (x *call) handle() (err error) {
	defer func() {
		if r := recover(); r != nil {
			if r == http.ErrAbortHandler {
				panic(r)
			}
			x.api.log.Error("a request made the server panic", "route", x.route.path, "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	if err := x.admit(); err != nil {
		return err
	}
	return x.route.handle(x)
}

// log writes the access log. What hosts and browsers do all the time is for those who debug.
func (x *call) log(took time.Duration) {
	level := slog.LevelInfo
	if x.route.frequent() {
		level = slog.LevelDebug
	}
	r, w := x.Request(), x.Response()
	if w.Status >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	if x.api.config.Tracer != nil {
		span := trace.SpanFromContext(r.Context())
		span.SetName(x.route.method + " " + x.route.path)
		span.SetAttributes(attribute.String("http.route", x.route.path), attribute.String("gonfalon.environment", x.env), attribute.String("gonfalon.token", x.token.Name))
	}
	if !x.api.log.Enabled(r.Context(), level) {
		return
	}
	x.api.log.LogAttrs(r.Context(), level, "request",
		slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", w.Status), slog.Int64("bytes", w.Size),
		slog.Duration("took", took), slog.String("token", x.token.Name), slog.String("environment", x.env), slog.String("remote", r.RemoteAddr))
}

func (x *call) service() *controlplane.Service { return x.api.service }

func (x *call) context() context.Context { return x.Request().Context() }

// param is a segment of the path, unescaped.
func (x *call) param(name string) string {
	value := x.Param(name)
	if strings.IndexByte(value, '%') < 0 {
		return value
	}
	if plain, err := url.PathUnescape(value); err == nil && x.Request().URL.RawPath != "" {
		return plain
	}
	return value
}

// answer writes a document.
func (x *call) answer(status int, document any) error {
	data, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return x.blob(status, "application/json", append(data, '\n'))
}

func (x *call) blob(status int, kind string, data []byte) error {
	w := x.Response()
	w.Header()["Content-Type"] = []string{kind}
	w.WriteHeader(status)
	_, _ = w.Write(data) // who is gone needs no answer
	return nil
}

// nothing answers a change that leaves nothing to show.
func (x *call) nothing() error {
	x.Response().WriteHeader(http.StatusNoContent)
	return nil
}

// tag sets the entity tag, and tells whether the caller has that version already, which is then the answer.
func (x *call) tag(version string) (current bool) {
	tag := `"` + version + `"`
	x.Response().Header()["Etag"] = []string{tag}
	if !matches(x.Request().Header.Get("If-None-Match"), tag) {
		return false
	}
	x.Response().WriteHeader(http.StatusNotModified)
	return true
}

// matches says whether a list of entity tags has this one, compared weakly.
func matches(list, tag string) bool {
	for list != "" {
		var one string
		one, list, _ = strings.Cut(list, ",")
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == tag || one == "*" {
			return true
		}
	}
	return false
}
