package httpapi

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"

	"github.com/gonfalon-flags/gonfalon/controlplane"
)

// API serves a control plane over HTTP. It is an http.Handler, safe for concurrent use.
type API struct {
	service *controlplane.Service
	config  Config
	log     *slog.Logger
	handler http.Handler
	version []string // X-Gonfalon-Version

	crossOrigin *http.CrossOriginProtection
	rules       atomic.Pointer[rules]
	changing    sync.Mutex // one change of the settings at a time
	memory      *memory
	guesses     *guesses
	metrics     *metrics
	registry    *prometheus.Registry
	streams     *streams
	hosts       *shares // room for the streams of host SDKs
	pages       *shares // room for OFREP's event streams
	follows     *shares // room for streams of changes
}

// New returns the API of a service. It serves at the root of the path it is mounted on; see http.StripPrefix. End it
// with Drain.
func New(service *controlplane.Service, c Config) *API {
	c = c.withDefaults()
	a := &API{
		service:     service,
		config:      c,
		log:         c.Logger,
		version:     []string{c.Version},
		crossOrigin: http.NewCrossOriginProtection(),
		memory:      newMemory(),
		guesses:     newGuesses(c.MaxGuesses),
		registry:    c.Metrics,
		streams:     newStreams(),
		hosts:       newShares(),
		pages:       newShares(),
		follows:     newShares(),
	}
	a.Change(c.Settings)
	go a.streams.follow(service)
	a.metrics = newMetrics(a)

	e := echo.New()
	e.HTTPErrorHandler = a.unrouted
	e.Use(a.cors)
	for _, r := range routes() {
		if c.DashboardPath == "" && (r.noun == "session" || r.noun == "login") {
			continue
		}
		serve := a.serve(&r)
		e.Add(r.method, r.path, serve)
		if r.method == http.MethodGet && !r.endless {
			e.Add(http.MethodHead, r.path, serve) // net/http leaves out the body
		}
	}
	a.handler = e
	if c.Tracer != nil {
		a.handler = otelhttp.NewHandler(e, "gonfalon",
			otelhttp.WithTracerProvider(c.Tracer),
			otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})),
			otelhttp.WithFilter(func(r *http.Request) bool {
				return r.URL.Path != "/healthz" && r.URL.Path != "/readyz" && r.URL.Path != "/metrics"
			}))
	}
	return a
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// DashboardPath returns what Config.DashboardPath says.
func (a *API) DashboardPath() string { return a.config.DashboardPath }

// unrouted answers requests that no route serves.
func (a *API) unrouted(err error, request echo.Context) {
	if request.Response().Committed {
		return
	}
	c := &call{Context: request, api: a, route: &route{path: "unknown"}, rules: a.rules.Load()}
	c.Response().Header()[versionHeader] = a.version
	c.refuse(notServed(err, request.Request()))
	a.metrics.requests.WithLabelValues("any", c.route.path, strconv.Itoa(c.Response().Status)).Inc()
}

// notServed returns the problem of a request that no route serves.
func notServed(err error, r *http.Request) error {
	var failed *echo.HTTPError
	if !errors.As(err, &failed) {
		return err
	}
	switch failed.Code {
	case http.StatusNotFound:
		return notFound.of("", "no route serves "+quote(r.URL.Path)+"; /openapi.json lists them")
	case http.StatusMethodNotAllowed:
		return badMethod.of("", "")
	}
	return badRequest.of("", http.StatusText(failed.Code))
}
