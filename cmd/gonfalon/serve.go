package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/dashboard"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// serving are the settings of serve.
type serving struct {
	storage
	live
	listen              string
	grace               time.Duration
	adminToken, replica string
	seed                bool
	logFormat           string
	dashboard           bool
	dashboardPath       string
	print               bool
}

func newServe() *cobra.Command {
	s := new(serving)
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the control plane: the API, snapshots and their stream, and OFREP",
		Long: `Serve runs the control plane until it is interrupted. Without a cluster it keeps its state in an embedded etcd,
which listens nowhere. At the first start it creates an example flag and an admin token, which it shows once
and stores as a hash. At SIGHUP, or when gonfalon reload asks, it reads its settings again. OpenTelemetry's
environment variables configure where traces go.`,
		Example: `  gonfalon serve
  gonfalon serve --listen 0.0.0.0:8443 --tls-cert cert.pem --tls-key key.pem --etcd-endpoints https://etcd-0:2379,https://etcd-1:2379
  gonfalon serve --config /etc/gonfalon.yaml --print-config`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if s.print {
				printSettings(c)
				return nil
			}
			return s.run(c)
		},
	}
	s.register(c)
	c.Flags().BoolVar(&s.print, "print-config", false, "print the settings in effect and where each comes from, then exit")
	return c
}

// register adds the settings. Those of live can change later; atRestart says why the others can't.
func (s *serving) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&s.listen, "listen", "127.0.0.1:8080", "the address to listen on; port 0 picks a free one")
	f.DurationVar(&s.grace, "grace", httpapi.DefaultGrace, "how long requests may take to finish during a shutdown")
	f.StringVar(&s.adminToken, "admin-token", "", "an admin token to accept, 16 to 1024 printable ASCII characters without spaces; better given as GONFALON_ADMIN_TOKEN")
	f.StringVar(&s.replica, "replica", "", "this replica's name in logs (default: a random one)")
	f.BoolVar(&s.seed, "seed", true, "store an example flag if the store is new")
	f.StringVar(&s.logFormat, "log-format", "text", "text or json; logs go to standard error")
	f.BoolVar(&s.dashboard, "dashboard", true, "serve the dashboard")
	f.StringVar(&s.dashboardPath, "dashboard-path", "/", "where the dashboard is, such as /dashboard")
	f.BoolVar(&s.inMemory, "in-memory", false, "keep everything in memory, to try it out or for tests")
	settings(f)
	annotate(f.Lookup("admin-token"), isSecret, "")
	s.live.register(c)
	s.storage.register(c)
}

// run listens, opens everything in order, serves, and closes everything in the opposite order. Until everything is open,
// the server says what it waits for.
func (s *serving) run(c *cobra.Command) (err error) {
	ctx, started := c.Context(), time.Now()
	r, err := s.prepare(c)
	if err != nil {
		return err
	}
	log := r.log
	signals := make(chan os.Signal, 1) // one that comes while the settings are read is kept
	signal.Notify(signals, syscall.SIGHUP)
	defer signal.Stop(signals)
	startup := httpapi.NewStartup(version)
	server := &httpapi.Server{Startup: startup, Grace: s.grace, Logger: log, TLS: r.serveTLS()}
	config := httpapi.Config{Settings: r.now.http, Logger: log, Version: version, Reload: r.reload}
	if s.dashboard {
		config.DashboardPath = s.dashboardPath
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	for name, meant := range mistyped(c, os.Environ()) {
		log.Warn("this variable is no setting", "variable", name, "meant", meant)
	}
	if exposed(server, listener.Addr()) {
		log.Warn("tokens travel unencrypted: set --tls-cert and --tls-key, or let only a proxy with TLS reach this address", "listen", listener.Addr().String())
	}
	tracer, err := httpapi.TracerFromEnvironment(ctx, version)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if tracer != nil {
		defer func() { err = errors.Join(err, ending(ctx, tracer.Shutdown)) }()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() {
		served <- server.Serve(ctx, listener)
		stop() // a start that still waits ends with the server
	}()
	var tidied sync.WaitGroup
	tidied.Go(func() { keepMemoryLow(ctx) })
	tidied.Go(func() { r.follow(ctx, signals) })
	defer func() { stop(); tidied.Wait() }()
	service, end, err := s.start(ctx, log, startup, r.sender)
	if err != nil && c.Context().Err() != nil {
		return <-served // it was interrupted while it waited
	}
	if err != nil {
		stop()
		return errors.Join(err, <-served)
	}
	defer func() { err = errors.Join(err, end()) }()
	example, err := seed(ctx, service, s.seed)
	if err != nil {
		stop()
		return errors.Join(err, <-served)
	}
	if tracer != nil {
		config.Tracer = tracer
	}
	api := httpapi.New(service, config)
	r.begin(service, api)
	startup.Begin(api, dashboard.New(api))
	pages := s.pages(ctx, service, api)
	s.greet(c.OutOrStdout(), s.base(listener.Addr()), service.InitialToken(), pages, example, time.Since(started))
	if err := <-served; err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), "stopped")
	return err
}

// exposed reports whether a server listens without TLS for more than this machine.
func exposed(s *httpapi.Server, at net.Addr) bool {
	tcp, ok := at.(*net.TCPAddr)
	return s.TLS == nil && ok && !tcp.IP.IsLoopback()
}

// ending gives what has to be done at the end a little time, although the context has ended.
func ending(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return do(ctx)
}

func (s *serving) logger(to io.Writer, level slog.Leveler) (*slog.Logger, error) {
	options := &slog.HandlerOptions{Level: level}
	switch s.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(to, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(to, options)), nil
	}
	return nil, usagef("--log-format: %q is neither text nor json", s.logFormat)
}

// greet says where the control plane is, and how to try it. A request to base reaches it from this machine.
func (s *serving) greet(w io.Writer, base, admin, pages string, example exampleFlag, took time.Duration) {
	var b strings.Builder
	fmt.Fprintf(&b, "Gonfalon %s · %s · ready in %.1f s\n", version, s.storage.String(), took.Seconds())
	fmt.Fprintf(&b, "  API         %s/v1 (OpenAPI at /openapi.json)\n", base)
	if pages != "" {
		fmt.Fprintf(&b, "  dashboard   %s/%s\n", base, pages)
	}
	lost := "lost? gonfalon tokens create " + s.options()
	if len(s.endpoints) == 0 {
		lost = "lost? stop, then gonfalon tokens create " + s.options()
	}
	switch {
	case admin != "" && s.inMemory:
		fmt.Fprintf(&b, "  admin token %s (shown once)\n", admin)
	case admin != "":
		fmt.Fprintf(&b, "  admin token %s (shown once; %s)\n", admin, lost)
	case s.adminToken != "":
		fmt.Fprintf(&b, "  admin token as GONFALON_ADMIN_TOKEN says\n")
	default:
		fmt.Fprintf(&b, "  admin token shown at the first start (%s)\n", lost)
	}
	if admin != "" {
		fmt.Fprintf(&b, "  sign in     gonfalon login %s (then no verb needs the token)\n", base)
	}
	fmt.Fprint(&b, example.introduction())
	fmt.Fprintf(&b, "\nTry it:\n%s", example.request(base))
	_, _ = io.WriteString(w, b.String()) // a closed terminal is no reason not to serve
}

// base is the address at which a program on this machine reaches a listener. One that listens on every address is
// reached at the machine's own.
func (s *serving) base(address net.Addr) string {
	scheme := "http"
	if s.tlsCert != "" {
		scheme = "https"
	}
	at := address.String()
	if tcp, ok := address.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		host := "::1"
		if strings.HasPrefix(s.listen, "0.0.0.0:") || strings.HasPrefix(s.listen, ":") {
			host = "127.0.0.1"
		}
		at = net.JoinHostPort(host, strconv.Itoa(tcp.Port))
	}
	return scheme + "://" + at
}
