package gonfalon

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	chance "math/rand/v2"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"
)

// host is what a client tells the control plane about itself with its usage, so that an operator sees which hosts serve
// a change. Only a client that reports to its Endpoint tells it. One goroutine uses it, that of the reports.
type host struct {
	client *Client
	id     string // of this client, as long as it lives
	plain  bool   // the server is older, and takes no more than counts
	silent bool   // the last report was refused, or got lost: the next one is a regular one
	told   bool   // some report has arrived, or may have
	gone   bool   // the next report is the last
}

func newHost(c *Client) *host {
	id := make([]byte, 8)
	_, _ = rand.Read(id) // never fails
	return &host{client: c, id: hex.EncodeToString(id)}
}

// hostReport is the member host of a report.
type hostReport struct {
	ID       string `json:"id"`
	SDK      string `json:"sdk"`
	Version  string `json:"version,omitempty"`
	Revision int64  `json:"revision"`
	Lineage  string `json:"lineage,omitempty"`
	Via      string `json:"via,omitempty"`
	Gone     bool   `json:"gone,omitempty"`
}

func (h *host) report() *hostReport {
	r := &hostReport{ID: h.id, SDK: "go", Version: version(), Gone: h.gone}
	if _, isNative := h.client.config.Engine.(native); !isNative {
		r.SDK = "go-wasm" // wazero is the only other engine
	}
	switch h.client.config.Source.(type) {
	case stream:
		r.Via = "stream"
	case poll:
		r.Via = "poll"
	}
	if info, ok := h.client.Info(); ok {
		r.Revision, r.Lineage = info.Position.Revision, hex.EncodeToString(info.Position.Lineage[:])
	}
	return r
}

// version returns the version of this module in the program, "" if it wasn't built from a release.
func version() string {
	const module = "github.com/gonfalon-flags/gonfalon"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == module && m.Version != "(devel)" {
			return m.Version
		}
	}
	return ""
}

// A host tells soon after it serves another revision: at a random moment of tellWithin, so that hosts don't all tell at
// once, and at most once in tellPause, however many changes there are.
// Why: RATIONALE.md "How does an operator see which hosts serve a change?"
const (
	tellWithin = 2 * time.Second
	tellPause  = 5 * time.Second
)

// tellIn returns how long a host waits before it tells, given when it last did.
func tellIn(now, last time.Time) time.Duration {
	return max(last.Add(tellPause).Sub(now), 0) + time.Duration(chance.Float64()*float64(tellWithin))
}

// tell reports which revision serves, without counts.
func (h *host) tell(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, reportPatience)
	defer cancel()
	if err := h.post(ctx, h.client.config.Environment, nil); err != nil {
		h.client.config.Logger.Debug("gonfalon: the control plane can't be told what serves", "env", h.client.config.Environment, "error", err)
	}
}

// post sends one report to the control plane. A server that is older refuses what it doesn't know: it is sent the counts
// alone.
func (h *host) post(ctx context.Context, env string, batch []FlagUsage) error {
	type flag struct {
		Count int64     `json:"count"`
		Last  time.Time `json:"last"`
		On    *int64    `json:"on,omitempty"`
	}
	var body struct {
		Flags map[string]flag `json:"flags"`
		Host  *hostReport     `json:"host,omitempty"`
	}
	body.Flags = make(map[string]flag, len(batch))
	for _, b := range batch {
		one := flag{Count: b.Count, Last: b.Last}
		if !h.plain {
			one.On = &b.On
		}
		body.Flags[b.Flag] = one
	}
	if !h.plain {
		body.Host = h.report()
	}
	status, err := h.client.post(ctx, env, body)
	if status == http.StatusBadRequest && !h.plain {
		h.plain = true
		if len(batch) > 0 {
			return h.post(ctx, env, batch)
		}
	}
	h.silent = err != nil
	h.told = h.told || err == nil || errors.Is(ctx.Err(), context.Canceled) // Close cuts a report off, which may have arrived
	return err
}

// post sends a report, and returns the status of the answer; 0 for none.
func (c *Client) post(ctx context.Context, env string, report any) (status int, err error) {
	body, err := json.Marshal(report)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.config.Endpoint+"/v1/envs/"+url.PathEscape(env)+"/usage", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return response.StatusCode, c.failure(response)
	}
	return response.StatusCode, nil
}
