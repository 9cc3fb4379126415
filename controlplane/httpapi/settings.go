package httpapi

import (
	"net/http"
	"net/netip"
	"net/url"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// Settings are what can change while an API serves: see API.Change. The zero value has every default.
type Settings struct {
	// RateLimit is how many requests per second a token may make on average, and a client token from one address; 0 means no
	// limit. A stream is one request.
	// RateBurst is how many it may make at once; 0 means two seconds' worth.
	RateLimit float64
	RateBurst int

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

	// Dashboard is what the dashboard shows to everybody. Production lists patterns of environments, in which * stands for
	// any characters; Colors are such as #7c1d3f.
	Dashboard api.Dashboard
}

func (s Settings) withDefaults() Settings {
	if s.RateBurst == 0 {
		s.RateBurst = max(int(2*s.RateLimit), 1)
	}
	if s.MaxStreams == 0 {
		s.MaxStreams = DefaultMaxStreams
	}
	if s.MaxEventStreams == 0 {
		s.MaxEventStreams = DefaultMaxEventStreams
	}
	return s
}

// rules is what follows from the settings. It never changes: API.Change puts another in its place, and a request keeps
// the one that it began with.
type rules struct {
	limits       *limits
	cors         echo.MiddlewareFunc // nil if no page may call OFREP
	public       *url.URL
	proxies      proxies
	dashboard    api.Dashboard
	hosts, pages room
}

// rules returns what follows from the settings. before is what holds until then, or nil.
func (s Settings) rules(before *rules) *rules {
	s = s.withDefaults()
	e := &rules{
		limits:    newLimits(s.RateLimit, s.RateBurst),
		public:    s.PublicURL,
		proxies:   s.TrustedProxies,
		dashboard: s.Dashboard,
		hosts:     room{s.MaxStreams, s.MaxStreams, s.MaxStreams},
		pages:     room{s.MaxEventStreams, max(s.MaxEventStreams/16, 1), max(s.MaxEventStreams/2, 1)},
	}
	if before != nil && before.limits.same(e.limits) {
		e.limits = before.limits // and with them what callers have used up
	}
	if len(s.AllowOrigins) > 0 {
		e.cors = cors(s.AllowOrigins)
	}
	return e
}

// Change gives the API other settings, all at once. Requests that have begun keep those that they began with, and streams
// that are open stay open, even if there are now too many.
func (a *API) Change(s Settings) {
	a.changing.Lock()
	defer a.changing.Unlock()
	a.rules.Store(s.rules(a.rules.Load()))
}

// cors lets pages from these origins call OFREP, and nothing else.
func cors(origins []string) echo.MiddlewareFunc {
	return middleware.CORSWithConfig(middleware.CORSConfig{
		Skipper:       func(c echo.Context) bool { return !isOFREP(c.Request().URL.Path) },
		AllowOrigins:  origins,
		AllowMethods:  []string{http.MethodGet, http.MethodPost},
		AllowHeaders:  []string{"Authorization", "X-API-Key", "Content-Type", "If-None-Match", "Last-Event-ID", environmentHeader, "traceparent", "tracestate"},
		ExposeHeaders: []string{"ETag", "Retry-After", versionHeader},
		MaxAge:        600,
	})
}

// cors applies the rules for pages that hold now.
func (a *API) cors(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if allow := a.rules.Load().cors; allow != nil {
			return allow(next)(c)
		}
		return next(c)
	}
}
