package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// live are the settings of serve that can change while it runs.
type live struct {
	tlsCert, tlsKey, tlsCA string
	retention              time.Duration
	origins                []string
	rateLimit              float64
	rateBurst, maxStreams  int
	maxEventStreams        int
	publicURL              string
	proxies                []string
	privateWebhooks        bool
	logLevel               string
	dashboardLook
}

// atRestart says why each other setting of serve takes effect only at its next start.
var atRestart = map[string]string{
	"admin-token":    "the store takes it at the start",
	"dashboard":      "the dashboard is opened at the start",
	"dashboard-path": "the dashboard is opened at the start",
	"data-dir":       "the store is opened at the start",
	"etcd-ca":        "the store is opened at the start",
	"etcd-cert":      "the store is opened at the start",
	"etcd-endpoints": "the store is opened at the start",
	"etcd-key":       "the store is opened at the start",
	"etcd-password":  "the store is opened at the start",
	"etcd-prefix":    "the store is opened at the start",
	"etcd-quota":     "the store is opened at the start",
	"etcd-username":  "the store is opened at the start",
	"grace":          "the end of a server is settled at its start",
	"in-memory":      "the store is opened at the start",
	"listen":         "the address is taken at the start",
	"log-format":     "one log has one form",
	"replica":        "the replica has its name in the store",
	"seed":           "the example is stored at the start",
}

// isLive is the annotation of a flag that can change while the server runs.
const isLive = "gonfalon_live"

func (l *live) register(c *cobra.Command) {
	f := pflag.NewFlagSet("live", pflag.ContinueOnError)
	f.StringVar(&l.tlsCert, "tls-cert", "", "serve TLS with the certificate in this file; a renewed one needs no restart")
	f.StringVar(&l.tlsKey, "tls-key", "", "the key of --tls-cert")
	f.StringVar(&l.tlsCA, "tls-client-ca", "", "accept only clients with a certificate from an authority in this file (mutual TLS)")
	f.DurationVar(&l.retention, "audit-retention", controlplane.DefaultAuditRetention, "how long the audit is kept, and with it every way back")
	f.StringSliceVar(&l.origins, "allow-origins", nil, "origins whose pages may call OFREP, separated by commas; * for any")
	f.Float64Var(&l.rateLimit, "rate-limit", 0, "requests per second that a token may make on average; 0 means no limit")
	f.IntVar(&l.rateBurst, "rate-burst", 0, "requests that a token may make at once (default: two seconds' worth)")
	f.IntVar(&l.maxStreams, "max-streams", httpapi.DefaultMaxStreams, "maximum number of open streams of host SDKs")
	f.IntVar(&l.maxEventStreams, "max-event-streams", httpapi.DefaultMaxEventStreams, "maximum number of pages that listen to OFREP's events")
	f.StringVar(&l.publicURL, "public-url", "", "the address at which callers reach the API, if a proxy has another one, such as https://flags.example/api")
	f.StringSliceVar(&l.proxies, "trusted-proxies", nil, "addresses and networks of proxies whose X-Forwarded headers count, such as 10.0.0.0/8")
	f.BoolVar(&l.privateWebhooks, "webhooks-allow-private", false, "deliver webhooks to private addresses too")
	f.StringVar(&l.logLevel, "log-level", "info", "debug, info, warn or error")
	l.dashboardLook.register(f)
	settings(f)
	f.VisitAll(func(f *pflag.Flag) { annotate(f, isLive, "") })
	c.Flags().AddFlagSet(f)
}

// checked is what live settings mean to the parts of a server.
type checked struct {
	level     slog.Level
	http      httpapi.Settings
	tls       *tls.Config // nil for plain HTTP
	retention time.Duration
	private   bool // webhooks go to private addresses too
}

// check reads the settings, and refuses what makes no sense.
func (l *live) check() (n checked, err error) {
	n.retention, n.private = l.retention, l.privateWebhooks
	if err := n.level.UnmarshalText([]byte(l.logLevel)); err != nil {
		return n, usagef("--log-level: %q is not debug, info, warn or error%s", l.logLevel, meant(l.logLevel, []string{"debug", "info", "warn", "error"}))
	}
	if n.http, err = l.api(); err != nil {
		return n, err
	}
	if l.tlsCert != "" || l.tlsKey != "" || l.tlsCA != "" {
		if n.tls, err = httpapi.TLSFiles(l.tlsCert, l.tlsKey, l.tlsCA); err != nil {
			return n, fmt.Errorf("--tls-cert, --tls-key and --tls-client-ca: %w", err)
		}
	}
	n.http.Dashboard, err = l.dashboardLook.check()
	return n, err
}

// api returns the settings of the API.
func (l *live) api() (httpapi.Settings, error) {
	n := httpapi.Settings{
		RateLimit: l.rateLimit, RateBurst: l.rateBurst, MaxStreams: l.maxStreams, MaxEventStreams: l.maxEventStreams, AllowOrigins: l.origins,
	}
	if l.publicURL != "" {
		public, err := url.Parse(l.publicURL)
		if err != nil || public.Scheme != "http" && public.Scheme != "https" || public.Host == "" || public.RawQuery != "" || public.Fragment != "" {
			return n, usagef("--public-url: %q is not an address such as https://flags.example/api", l.publicURL)
		}
		n.PublicURL = public
	}
	for _, text := range l.origins {
		u, err := url.Parse(text)
		if text != "*" && (err != nil || u.Host == "" || u.Scheme+"://"+u.Host != text) {
			return n, usagef("--allow-origins: %q is neither * nor an origin such as https://shop.example", text)
		}
	}
	for _, text := range l.proxies {
		net, err := netip.ParsePrefix(text)
		if ip, failed := netip.ParseAddr(text); failed == nil {
			net, err = netip.PrefixFrom(ip, ip.BitLen()), nil
		}
		if err != nil {
			return n, usagef("--trusted-proxies: %q is neither an address nor a network such as 10.0.0.0/8", text)
		}
		n.TrustedProxies = append(n.TrustedProxies, net.Masked())
	}
	return n, nil
}
