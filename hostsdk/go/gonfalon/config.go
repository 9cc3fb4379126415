package gonfalon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"
)

// Config says where flags come from, and how a client treats them. It needs an Endpoint, a Source, a Bootstrap or a
// LastGood; the zero value of everything else is useful.
type Config struct {
	Endpoint    string // of the control plane, as "https://flags.example.com"
	Token       string // of role sdk, viewer or more
	Environment string // "" is "default"

	// Source brings snapshots. Nil is Stream() if there is an Endpoint, and no source if there is none.
	Source Source
	// Bootstrap is a snapshot to start with. If it can't be loaded, New returns an error.
	Bootstrap []byte
	// LastGood is a file that keeps the last snapshot across restarts. It is written whole or not at all.
	LastGood string
	// Engine decides. Nil is Native().
	Engine Engine

	// ReadyWithin is how long New waits for the source: 0 is DefaultReadyWithin, and below 0 it doesn't wait. If there
	// is a snapshot to start with, New stops waiting when the source has failed once.
	ReadyWithin time.Duration
	// TTL marks the client STALE after this long without contact from its source. It keeps answering. 0 is never.
	TTL time.Duration
	// Grace is how long the client stays READY after it has lost its source: 0 is DefaultGrace, and below 0 there is
	// none.
	Grace time.Duration

	// Usage is how often counts of evaluations are reported: 0 is DefaultUsage, below 0 is never.
	Usage time.Duration
	// ReportUsage receives the reports. Nil sends them to Endpoint, if there is one.
	ReportUsage func(ctx context.Context, env string, batch []FlagUsage) error

	Logger *slog.Logger     // nil is slog.Default()
	Hooks  []Hook           // called in order
	HTTP   *http.Client     // nil is one of the client's own. Its Timeout must be 0, or it ends streams
	Clock  func() time.Time // for schedules, from any goroutine; nil is time.Now
}

// These are the defaults of a Config.
const (
	DefaultEnvironment = "default"
	DefaultReadyWithin = 5 * time.Second
	DefaultGrace       = 5 * time.Second
	DefaultUsage       = time.Minute
)

// New makes a client and waits until it is ready, as Config says. It returns an error for a configuration that can't
// work, and if ctx ends while it waits. An unreachable or refusing server is not an error: the client answers from
// what it has, or with the callers' defaults, and keeps trying; see [Client.State]. ctx doesn't bound the client's
// life: Close ends it.
func New(ctx context.Context, config Config) (*Client, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	c, err := newClient(config)
	if err != nil {
		return nil, err
	}
	if err := c.start(); err != nil {
		return nil, err
	}
	within := c.config.ReadyWithin
	if within < 0 {
		return c, nil
	}
	wait, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	select {
	case <-c.status.settled:
	case <-wait.Done():
		if ctx.Err() != nil {
			c.Close()
			return nil, fmt.Errorf("gonfalon: waiting for the first snapshot: %w", context.Cause(ctx))
		}
	}
	if state := c.State(); state == NotReady || state == Error {
		c.config.Logger.Warn("gonfalon: no snapshot yet, callers get their defaults", "state", state, "env", c.config.Environment, "waited", within, "error", c.Stats().LastError)
	}
	return c, nil
}

func newClient(config Config) (*Client, error) {
	if err := config.complete(); err != nil {
		return nil, err
	}
	c := &Client{config: config, token: newSecret(config.Token)}
	c.config.Token = ""
	for _, hook := range config.Hooks {
		c.watched = c.watched || hook.Evaluated != nil
		c.events.hooked = c.events.hooked || hook.Changed != nil
	}
	c.status.settled = make(chan struct{})
	c.status.wake = make(chan struct{}, 1)
	c.events.init()
	c.store.keep.ch = make(chan *generation, 1)
	c.store.swapped = make(chan struct{}, 1)
	c.store.arrived = make(chan struct{})
	if config.ReportUsage == nil && config.Endpoint != "" {
		c.usage.host = newHost(c)
		c.config.ReportUsage = c.usage.host.post
	}
	c.usage.news = make(chan struct{}, 1)
	c.usage.on = c.config.Usage > 0 && c.config.ReportUsage != nil
	c.ending.init()
	return c, nil
}

// complete fills in the defaults, and refuses what can't work.
func (config *Config) complete() error {
	if config.Environment == "" {
		config.Environment = DefaultEnvironment
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	config.Logger = slog.New(steady{config.Logger.Handler()})
	if config.Engine == nil {
		config.Engine = Native()
	}
	fill := func(d *time.Duration, standard time.Duration) {
		if *d == 0 {
			*d = standard
		}
	}
	fill(&config.ReadyWithin, DefaultReadyWithin)
	fill(&config.Grace, DefaultGrace)
	fill(&config.Usage, DefaultUsage)
	if config.Endpoint != "" {
		if err := checkEndpoint(config.Endpoint); err != nil {
			return fmt.Errorf("gonfalon: %w", err)
		}
		if err := checkEnvironment(config.Environment); err != nil {
			return fmt.Errorf("gonfalon: %w", err)
		}
		config.Endpoint = strings.TrimRight(config.Endpoint, "/")
		if config.Source == nil {
			config.Source = Stream()
		}
		if config.HTTP == nil {
			config.HTTP = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
		}
		config.HTTP = withinOrigin(config.HTTP)
	}
	if config.HTTP != nil && config.HTTP.Timeout > 0 {
		return errors.New("gonfalon: HTTP has a Timeout, which would end every stream: bound dialling in its Transport instead")
	}
	if config.Source == nil && config.Bootstrap == nil && config.LastGood == "" {
		return errors.New("gonfalon: Config needs an Endpoint, a Source, a Bootstrap or a LastGood: there is nothing to take flags from")
	}
	return nil
}

// start loads the bootstrap and the last good snapshot, and runs the source.
func (c *Client) start() error {
	if c.config.Bootstrap != nil {
		g, err := c.load(c.config.Bootstrap)
		if err != nil {
			return fmt.Errorf("gonfalon: Bootstrap: %w", err)
		}
		c.serve(g)
	}
	if err := c.startLastGood(); err != nil {
		return err
	}
	c.status.begin(c)
	c.events.since = c.now()
	go func() {
		defer close(c.ending.told)
		c.dispatch(c.ending.ctx)
	}()
	c.ending.run(c.keepLastGood)
	c.ending.run(c.watchStatus)
	c.ending.run(c.watchSchedules)
	c.ending.run(c.listen)
	if c.usage.on {
		c.ending.run(c.reportUsage)
	}
	return nil
}

// startLastGood serves the copy on disk, if it is at least as new as the bootstrap. A damaged or missing copy is no
// error.
func (c *Client) startLastGood() error {
	if c.config.LastGood == "" {
		return nil
	}
	data, err := readFile(c.config.LastGood)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		var g *generation
		if g, err = c.load(data); err == nil {
			boot := c.serving.Load()
			if boot == nil || boot.info.Position.Lineage != g.info.Position.Lineage || boot.info.Position.Revision <= g.info.Position.Revision {
				c.serve(g)
			}
			c.store.kept = g.info.ID
			return nil
		}
	}
	c.config.Logger.Warn("gonfalon: the last good snapshot is of no use, and is ignored", "file", c.config.LastGood, "error", err)
	return nil
}
