package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

const token = "admin-token-of-the-benchmark"

// bareAnswer is the empty handler's answer, which is as long as an evaluation's.
const bareAnswer = `{"key":"checkout","value":true,"reason":"TARGETING_MATCH","metadata":{"enabled":true,"gate":"rule"}}`

// addresses is the first line that a server writes.
type addresses struct{ API, Bare string }

// usage is a server's answer to a line on its standard input: how much memory it holds after a garbage collection.
type usage struct {
	Heap     uint64 // bytes in use by objects
	Stacks   uint64 // of goroutines
	Resident uint64 // of the process
}

// serve is the server: the API and, beside it, the empty handler. It ends when its standard input does.
func serve(ctx context.Context, dir string) error {
	quiet := slog.New(slog.DiscardHandler)
	store, err := etcdstore.OpenEmbedded(ctx, etcdstore.Embedded{Dir: dir, Logger: quiet})
	if err != nil {
		return err
	}
	defer store.Close()
	service, err := controlplane.Open(ctx, controlplane.Config{Store: store, Logger: quiet, AdminToken: token})
	if err != nil {
		return err
	}
	defer service.Close()
	bare := echo.New()
	bare.POST("/ofrep/v1/evaluate/flags/:key", func(c echo.Context) error { return c.JSONBlob(http.StatusOK, []byte(bareAnswer)) })
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 2)
	api := httpapi.New(service, httpapi.Config{Logger: quiet})
	var at addresses
	for _, s := range []struct {
		handler http.Handler
		address *string
	}{{api, &at.API}, {bare, &at.Bare}} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			cancel()
			return err
		}
		*s.address = listener.Addr().String()
		go func() {
			ended <- (&httpapi.Server{API: api, Handler: s.handler, Logger: quiet}).Serve(ctx, listener)
		}()
	}
	answers := json.NewEncoder(os.Stdout)
	err = answers.Encode(at)
	for lines := bufio.NewScanner(os.Stdin); err == nil && lines.Scan(); {
		err = answers.Encode(held())
	}
	cancel()
	return errors.Join(err, <-ended, <-ended)
}

func held() usage {
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := usage{Heap: m.HeapAlloc, Stacks: m.StackInuse}
	if file, err := os.Open("/proc/self/statm"); err == nil {
		var size, resident uint64
		_, _ = fmt.Fscan(file, &size, &resident)
		u.Resident = resident * uint64(os.Getpagesize())
		file.Close()
	}
	return u
}

// child is a server in a process of its own.
type child struct {
	addresses
	client  *apiclient.Client
	command *exec.Cmd
	stdin   io.WriteCloser
	answers *json.Decoder
	started time.Time
}

// startChild starts a server, and returns once it is ready.
func startChild(ctx context.Context, dir string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{command: exec.CommandContext(ctx, self, "-serve", dir), started: time.Now()}
	c.command.Stderr = os.Stderr
	if c.stdin, err = c.command.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := c.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.command.Start(); err != nil {
		return nil, err
	}
	c.answers = json.NewDecoder(stdout)
	if err := c.answers.Decode(&c.addresses); err != nil {
		return nil, fmt.Errorf("the server did not start: %w", errors.Join(err, c.command.Wait()))
	}
	c.client = apiclient.New("http://"+c.API, token)
	for {
		answer, err := http.Get("http://" + c.API + "/readyz")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return c, nil
			}
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		time.Sleep(time.Millisecond)
	}
}

func (c *child) memory() (usage, error) {
	var u usage
	if _, err := io.WriteString(c.stdin, "\n"); err != nil {
		return u, err
	}
	return u, c.answers.Decode(&u)
}

func (c *child) stop() error {
	c.stdin.Close()
	return c.command.Wait()
}

// withChild runs a benchmark on a server with an empty store.
func withChild(ctx context.Context, do func(*child) error) error {
	dir, err := os.MkdirTemp("", "gonfalon-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c, err := startChild(ctx, dir)
	if err != nil {
		return err
	}
	return errors.Join(do(c), c.stop())
}
