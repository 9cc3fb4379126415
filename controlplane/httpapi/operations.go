package httpapi

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.yaml.in/yaml/v3"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/wasm"
)

// health is what /healthz says about a process.
type health struct {
	Status  string `json:"status"`
	Version string `json:"version"`
}

// healthz says that the process answers.
func (c *call) healthz() error {
	return c.answer(http.StatusOK, health{"ok", c.api.config.Version})
}

// readiness is what /readyz says about a replica.
type readiness struct {
	Status        string                 `json:"status"` // "ready", "degraded: …", or why it isn't ready
	Lag           float64                `json:"lag_seconds"`
	StoreRevision int64                  `json:"store_revision"`
	Environments  []readinessEnvironment `json:"environments"`
	Degraded      []string               `json:"degraded,omitempty"` // what doesn't work, although requests are served
}

type readinessEnvironment struct {
	Key      string `json:"key"`
	Revision int64  `json:"revision"`
}

// readyz says whether to send requests to this replica. Once it has read everything (see Startup) it says yes until it
// shuts down, since it serves from memory whatever becomes of the store.
func (c *call) readyz() error {
	status := c.service().Status()
	d := readiness{Status: "ready", Lag: status.Lag.Seconds(), StoreRevision: status.StoreRevision, Environments: []readinessEnvironment{}}
	for _, e := range status.Environments {
		d.Environments = append(d.Environments, readinessEnvironment{e.Key, e.Revision})
	}
	for _, g := range status.Degraded {
		d.Degraded = append(d.Degraded, g.Detail)
	}
	if len(d.Degraded) > 0 {
		d.Status = "degraded: " + strings.Join(d.Degraded, "; ")
	}
	code := http.StatusOK
	if err := c.service().Ready(); err != nil {
		code, d.Status = http.StatusServiceUnavailable, c.problem(err).Detail
	} else if c.api.streams.draining.Err() != nil {
		code, d.Status = http.StatusServiceUnavailable, "the server is shutting down"
	}
	return c.answer(code, d)
}

// scrape answers with the metrics.
func (c *call) scrape() error {
	promhttp.HandlerFor(c.api.registry, promhttp.HandlerOpts{EnableOpenMetrics: true}).ServeHTTP(c.Response(), c.Request())
	return nil
}

//go:embed openapi.yaml
var openapiYAML []byte

// openapiJSON returns openapi.yaml as JSON, which tools read.
var openapiJSON = sync.OnceValues(func() ([]byte, error) {
	var document any
	if err := yaml.Unmarshal(openapiYAML, &document); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	return json.Marshal(document)
})

func (c *call) openapi() error {
	data, err := openapiJSON()
	if err != nil {
		return err
	}
	return c.blob(http.StatusOK, "application/json", data)
}

// schema answers with the JSON schema of files of flags, for editors. A page of another origin may read it.
func (c *call) schema() error {
	c.Response().Header().Set("Access-Control-Allow-Origin", "*")
	return c.blob(http.StatusOK, "application/schema+json", flagset.Schema())
}

// engine answers with the module that hosts in other languages run.
func (c *call) engine() error {
	if c.tag(wasm.SHA256()) {
		return nil
	}
	return c.blob(http.StatusOK, "application/wasm", wasm.Module())
}

// backup writes everything in the store. If something goes wrong on the way, it can only end the response early. The
// end mark of the backup is then missing, and restoring it is refused.
func (c *call) backup() error {
	if err := c.params().err(); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="gonfalon-`+time.Now().UTC().Format("20060102-150405")+`.backup"`)
	w := &patient{w: c.Response().Writer, rc: http.NewResponseController(c.Response().Writer)}
	gathered := bufio.NewWriterSize(w, 64<<10)
	err := c.service().Backup(c.context(), gathered)
	if err == nil {
		err = gathered.Flush()
	}
	c.Response().Status, c.Response().Committed = http.StatusOK, w.begun
	if err != nil && w.begun {
		c.api.log.Error("a backup was cut short", "error", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// reload lets the program read its settings again.
func (c *call) reload() error {
	p := c.params()
	dryRun := p.truth("dry_run")
	if err := p.err(); err != nil {
		return err
	}
	if c.api.config.Reload == nil {
		return notFound.of("", "this server has no settings that can be read again")
	}
	done, err := c.api.config.Reload(dryRun)
	if err != nil {
		return badSettings.of("", err.Error())
	}
	return c.answer(http.StatusOK, done)
}

// patient is a response that may take long, provided that the reader accepts each part of it.
type patient struct {
	w     http.ResponseWriter
	rc    *http.ResponseController
	begun bool
}

func (p *patient) Write(data []byte) (int, error) {
	p.begun = true
	_ = p.rc.SetWriteDeadline(time.Now().Add(writeWait))
	return p.w.Write(data)
}
