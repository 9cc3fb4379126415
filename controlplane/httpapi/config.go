package httpapi

import (
	"log/slog"
	"net/netip"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
)

// Config says how to serve a control plane. Its zero value is ready to use.
type Config struct {
	Logger  *slog.Logger // nil for slog.Default(); requests are logged at Info; evaluations, snapshots and health at Debug
	Version string       // the program's, for X-Gonfalon-Version and /metrics; "" for "dev"

	// RateLimit is how many requests per second a token may make on average, and a client token from one address; 0 means no
	// limit. A stream is one request.
	// RateBurst is how many it may make at once; 0 means two seconds' worth.
	RateLimit float64
	RateBurst int

	// MaxGuesses is how many requests with a token that doesn't exist an address may make at once; from then on it is one
	// per second. 0 means 20.
	MaxGuesses int

	// AllowOrigins lists the origins whose pages may call OFREP, such as "https://shop.example"; "*" allows any, nil
	// none.
	AllowOrigins []string

	// PublicURL is the address at which callers reach the API, if it isn't the one they send: "https://flags.example/api".
	// TrustedProxies are the networks of proxies whose X-Forwarded-For, -Host, -Proto and -Prefix count.
	PublicURL      *url.URL
	TrustedProxies []netip.Prefix

	// MaxStreams is how many streams of host SDKs may be open; 0 for DefaultMaxStreams. MaxEventStreams is how many pages
	// may listen to OFREP's events; 0 for DefaultMaxEventStreams. One address may have a sixteenth of those, and all pages
	// with one token half of them.
	MaxStreams      int
	MaxEventStreams int

	Heartbeat time.Duration // between the heartbeats of a stream; 0 for DefaultHeartbeat, which host SDKs rely on

	Clock func() time.Time // the clock that OFREP decides by; nil for time.Now

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
	MaxFlagBody    = 32 << 20  // of a flag: one with 100,000 actors takes about 8 MB, one with all variants' payloads at their limit 17 MB
	MaxImportBody  = 64 << 20  // of a whole environment: 10,000 flags of 20 actors take about 15 MB
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
	if c.RateBurst == 0 {
		c.RateBurst = max(int(2*c.RateLimit), 1)
	}
	if c.MaxGuesses == 0 {
		c.MaxGuesses = defaultGuesses
	}
	if c.MaxStreams == 0 {
		c.MaxStreams = DefaultMaxStreams
	}
	if c.MaxEventStreams == 0 {
		c.MaxEventStreams = DefaultMaxEventStreams
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
