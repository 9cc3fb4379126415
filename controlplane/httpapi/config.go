package httpapi

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
)

// Config says how to serve a service. Its zero value is ready.
type Config struct {
	Logger  *slog.Logger // nil: slog.Default(). Requests are logged at Info; evaluations, snapshots and health at Debug
	Version string       // of the program, for X-Gonfalon-Version and /metrics; "": "dev"

	// RateLimit is how many requests a second one token may make, on average; a stream is one request. 0: no limit.
	// RateBurst is how many it may make at once; 0: two seconds' worth.
	RateLimit float64
	RateBurst int

	// AllowOrigins are the origins whose pages may call OFREP ("https://shop.example"); "*": any; nil: none.
	AllowOrigins []string

	MaxStreams int           // streams at once, of all kinds; 0: DefaultMaxStreams
	Heartbeat  time.Duration // between heartbeats of a stream; 0: DefaultHeartbeat, which host SDKs count on

	Clock func() time.Time // that OFREP decides by; nil: time.Now

	Metrics *prometheus.Registry // where to register the metrics that /metrics shows; nil: a registry of its own
	Tracer  trace.TracerProvider // nil: no traces; see TracerFromEnvironment
}

// Defaults of a Config.
const (
	DefaultMaxStreams = 20_000           // at about 30 KB each
	DefaultHeartbeat  = 15 * time.Second // host SDKs take 45 s without a byte for a lost connection
)

// Limits of request bodies, in bytes. Past them is a 413.
const (
	MaxBody        = 1 << 20   // of everything not named below
	MaxFlagBody    = 32 << 20  // of a flag: one with 100,000 actors takes about 8 MB, one with all variants' payloads at their limit 17 MB
	MaxImportBody  = 128 << 20 // of a whole environment: 10,000 flags of 20 actors take about 15 MB
	MaxContextBody = 256 << 10 // of an evaluation: contexts are some hundred bytes
	MaxUsageFlags  = 1_000     // flags in one report of usage
)

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Version == "" {
		c.Version = "dev"
	}
	if c.RateBurst == 0 {
		c.RateBurst = max(int(2*c.RateLimit), 1)
	}
	if c.MaxStreams == 0 {
		c.MaxStreams = DefaultMaxStreams
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
