package httpapi

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// Config says how to serve a control plane. Its zero value is ready to use.
type Config struct {
	Settings // what can change later

	Logger  *slog.Logger // nil for slog.Default(); requests are logged at Info; evaluations, snapshots and health at Debug
	Version string       // the program's, for X-Gonfalon-Version and /metrics; "" for "dev"

	// MaxGuesses is how many requests with a token that doesn't exist an address may make at once; from then on it is one
	// per second. 0 means 20.
	MaxGuesses int

	// DashboardPath lets browsers sign in, and is where package dashboard serves its pages below the API: "/" for the API's
	// own path, or such as "/dashboard", which is Mountable. "" refuses to sign anybody in, and every cookie.
	DashboardPath string

	Heartbeat time.Duration // between the heartbeats of a stream; 0 for DefaultHeartbeat, which host SDKs rely on

	Clock func() time.Time // the clock that OFREP decides by; nil for time.Now

	// Reload reads the program's settings again, and changes what can be changed; a dry run only says what it would change.
	// It is what POST /v1/reload does. An error means that nothing was changed, and says why. nil if the program has no
	// settings to read again.
	Reload func(dryRun bool) (api.Reload, error)

	Metrics *prometheus.Registry // where to register the metrics that /metrics shows; nil for a new registry
	Tracer  trace.TracerProvider // nil for no traces; see TracerFromEnvironment
}

// These are the defaults of a Config.
const (
	DefaultMaxStreams      = 20_000 // at about 30 KB each
	DefaultMaxEventStreams = 10_000
	DefaultHeartbeat       = 15 * time.Second // host SDKs treat 45 s without a byte as a lost connection
)

// These are the limits of request bodies in bytes. A larger body gets a 413.
const (
	MaxBody        = 1 << 20   // of every request not named below
	MaxFlagBody    = 8 << 20   // of a flag: one with 100,000 actors takes about 6 MB
	MaxImportBody  = 16 << 20  // of a whole environment: 10,000 flags of 20 actors take about 12 MB
	MaxSignInBody  = 4 << 10   // of a sign-in: tokens have 1,024 bytes at most
	MaxContextBody = 256 << 10 // of an evaluation; contexts usually have a few hundred bytes
	MaxUsageFlags  = 1_000     // flags in one report of usage
)

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Version == "" {
		c.Version = "dev"
	}
	if c.MaxGuesses == 0 {
		c.MaxGuesses = defaultGuesses
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = DefaultHeartbeat
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	return c
}
