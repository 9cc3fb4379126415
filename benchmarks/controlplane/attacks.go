package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

const (
	manifest      = "deploy/kubernetes/gonfalon.yaml"
	attackTime    = 45 * time.Second
	attackStreams = 500
)

// attack is a request that costs as much as it can, and the statuses that may answer it.
type attack struct {
	method, path, body string
	statuses           []int
}

// attacks sends the costliest requests, all kinds at once and over and over, to a server that has 10,000 flags and the memory
// of the Kubernetes manifest. The server must stay below the pod's limit, and answer as before.
func attacks(ctx context.Context, r *report) error {
	goLimit, podLimit, err := shippedLimits()
	if err != nil {
		return err
	}
	if err := os.Setenv("GOMEMLIMIT", goLimit); err != nil {
		return err
	}
	defer os.Unsetenv("GOMEMLIMIT")
	return withCommand(ctx, nil, func(c *command) error { // it logs each refusal
		if _, err := c.client.Import(ctx, "default", []byte(actorFlags(0)), api.Import{}, apiclient.WriteOptions{}); err != nil {
			return err
		}
		bombs := flagset.Flag{Key: "bombs", Gates: []flagset.Gate{{Type: flagset.Rule, Enabled: true, Constraints: []flagset.Constraint{
			{Attribute: "a", Operator: "neq", Values: []any{"x"}}, {Attribute: "a", Operator: "matches", Values: []any{"(a|.){0,99}$x"}}}}}}
		if _, err := c.client.PutFlag(ctx, "default", bombs, apiclient.WriteOptions{}); err != nil {
			return err
		}
		client := &http.Client{Transport: &http.Transport{}}
		defer client.CloseIdleConnections()
		for range attackStreams {
			answer, err := get(ctx, client, c.client.Endpoint+"/v1/envs/default/stream")
			if err != nil {
				return err
			}
			defer answer.Body.Close()
			go io.Copy(io.Discard, answer.Body) //nolint:errcheck // until it is closed
		}
		sent, refused, err := fire(ctx, client, c.client.Endpoint)
		if err != nil {
			return err
		}
		if err := stillServes(ctx, client, c.client); err != nil {
			return err
		}
		_, peak, err := c.resident()
		if err != nil {
			return err
		}
		fmt.Printf("  %d attacks, of which %d were told to try again\n", sent, refused)
		return errors.Join(
			r.put(result{Name: "controlplane/attacks on the shipped limits, peak", Bytes: peak, Checked: int(sent)}),
			atMost("bytes at the peak", float64(peak), float64(podLimit)),
		)
	})
}

// shippedLimits returns the memory limits of the Go runtime and of the pod, as the manifest has them.
func shippedLimits() (goLimit string, podLimit int64, err error) {
	text, err := os.ReadFile(manifest)
	if err != nil {
		return "", 0, err
	}
	soft := regexp.MustCompile(`name: GOMEMLIMIT\s+value: (\w+)`).FindSubmatch(text)
	hard := regexp.MustCompile(`limits: \{memory: (\d+)Gi\}`).FindSubmatch(text)
	if soft == nil || hard == nil {
		return "", 0, errors.New(manifest + " has no limits")
	}
	gib, err := strconv.ParseInt(string(hard[1]), 10, 64)
	return string(soft[1]), gib << 30, err
}

// fire sends all attacks at once, each over and over.
func fire(ctx context.Context, client *http.Client, endpoint string) (sent, refused int64, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	var ok, busy atomic.Int64
	until := time.Now().Add(attackTime)
	for _, a := range costly() {
		for range 2 {
			all.Go(func() {
				for time.Now().Before(until) && ctx.Err() == nil {
					status, err := a.send(ctx, client, endpoint)
					switch {
					case err != nil || status == http.StatusServiceUnavailable: // it refuses a body by ending the connection
						busy.Add(1)
						time.Sleep(100 * time.Millisecond)
					case !slices.Contains(a.statuses, status):
						cancel(fmt.Errorf("%s %s: status %d, want one of %d", a.method, a.path, status, a.statuses))
					default:
						ok.Add(1)
					}
				}
			})
		}
	}
	all.Wait()
	return ok.Load() + busy.Load(), busy.Load(), context.Cause(ctx)
}

func costly() []attack {
	fill := func(item string, size int) string {
		return strings.TrimSuffix(strings.Repeat(item, size/len(item)), ",")
	}
	const importing, flag = "/v1/envs/default/import", "/v1/envs/default/flags/attacked"
	const importSize, flagSize = httpapi.MaxImportBody - 4096, httpapi.MaxFlagBody - 4096
	const actor = `{"type":"actor","target":"user:12","enabled":true},`
	deep := strings.Repeat("[", 60) + strings.Repeat("]", 60) + ","
	return []attack{
		{"POST", importing + "?dry_run=true", actorFlags(1), []int{200}},
		{"POST", importing, actorFlags(2), []int{200, 409}},
		{"POST", importing, `{"flags":[` + fill("{},", importSize) + `]}`, []int{400}},
		{"POST", importing, `{"flags":[` + fill(deep, importSize) + `]}`, []int{400}},
		{"POST", importing, "flags:\n" + fill("- a\n", importSize), []int{400}},
		{"POST", importing, "flags: [" + fill("a,", importSize) + "]", []int{400}},
		{"PUT", flag, `{"gates":[` + fill(actor, flagSize) + `]}`, []int{422}},
		{"PUT", flag, `{"gates":[` + fill("{},", flagSize) + `]}`, []int{400}},
		{"POST", "/v1/envs/default/preview", `{"flag":{"key":"attacked","gates":[` + fill(actor, flagSize) + `]}}`, []int{200}},
		{"POST", flag + "/evaluate", `{"context":{"a":[` + fill(`{"":{}},`, httpapi.MaxContextBody-4096) + `]}}`, []int{200}},
		{"POST", "/ofrep/v1/evaluate/flags/bombs", `{"context":{"targetingKey":"u","a":"` + strings.Repeat("a", 60_000) + `"}}`, []int{200}},
		{"POST", "/ofrep/v1/evaluate/flags", `{"context":{"targetingKey":"u","a":"` + strings.Repeat("a", 60_000) + `"}}`, []int{200}},
		{"GET", "/v1/envs/default/export", "", []int{200}},
		{"GET", "/v1/envs/default/flags?limit=1000", "", []int{200}},
		{"GET", "/v1/audit?limit=1000", "", []int{200}},
		{"GET", "/v1/envs/default/audit/2", "", []int{200}},
		{"GET", "/v1/backup", "", []int{200}},
	}
}

func (a attack) send(ctx context.Context, client *http.Client, endpoint string) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, a.method, endpoint+a.path, strings.NewReader(a.body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("X-Gonfalon-Env", "default")
	answer, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, err
}

// stillServes checks that the server decides and writes as before.
func stillServes(ctx context.Context, client *http.Client, admin *apiclient.Client) error {
	if _, err := admin.Enable(ctx, "default", "afterwards", flagset.Scope{}, apiclient.WriteOptions{}); err != nil {
		return err
	}
	a := attack{method: "POST", path: "/ofrep/v1/evaluate/flags/afterwards", body: `{"context": {"targetingKey": "nobody"}}`}
	request, err := http.NewRequestWithContext(ctx, a.method, admin.Endpoint+a.path, strings.NewReader(a.body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("X-Gonfalon-Env", "default")
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err == nil && !bytes.Contains(got, []byte(`"value":true`)) {
		err = fmt.Errorf("after the attacks the answer is %s", got)
	}
	return err
}
