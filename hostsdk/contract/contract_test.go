package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
)

// started is a server of the command in the test's own process.
type started struct{ url string }

func start(t *testing.T, args ...string) started {
	t.Helper()
	stdin, hangUp := io.Pipe()
	stdout, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(args, stdin, out)
		out.CloseWithError(err)
		ended <- err
	}()
	t.Cleanup(func() {
		hangUp.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return started{strings.TrimSpace(line)}
}

// post posts, and returns the status and the answer.
func (s started) post(t *testing.T, client *http.Client, path string) (int, []byte) {
	t.Helper()
	response, err := client.Post(s.url+path, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body
}

func TestReplay(t *testing.T) {
	files, err := filepath.Glob("../testdata/sessions/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d sessions (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			replayed(t, start(t, "replay", file))
		})
	}
}

// replayed asks for the steps of a session and checks the client's, which are about states and changes here. What a client
// decides is compared by hostsdk/go/gonfalon.
func replayed(t *testing.T, server started) {
	response, err := http.Get(server.url + "/replay/bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	bootstrap, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	config := gonfalon.Config{Endpoint: server.url}
	if response.StatusCode == http.StatusOK {
		config.Bootstrap = bootstrap
	}
	flags := client(t, config)
	changes := make(chan []string, 100)
	defer flags.Subscribe(func(e gonfalon.Event) {
		if e.Kind == gonfalon.FlagsChanged {
			changes <- e.Flags
		}
	})()
	for checked := 0; ; checked++ {
		status, answer := server.post(t, http.DefaultClient, "/replay/next")
		var step struct {
			Step    int
			Changed []string
			Expect  *struct {
				State    string
				Revision int64
				Lineage  string
				Refused  int64
			}
			End bool
		}
		if err := json.Unmarshal(answer, &step); err != nil || status != http.StatusOK {
			t.Fatalf("%d %s", status, answer)
		}
		switch {
		case step.End:
			if checked == 0 {
				t.Error("there was nothing to check")
			}
			return
		case step.Changed != nil:
			if got := <-changes; !slices.Equal(got, step.Changed) {
				t.Errorf("step %d: %q can decide differently, want %q", step.Step, got, step.Changed)
			}
		default:
			until(t, flags, 10*time.Second, func() bool {
				info, _ := flags.Info()
				lineage := hex.EncodeToString(info.Position.Lineage[:])
				return flags.State().String() == step.Expect.State && info.Position.Revision == step.Expect.Revision &&
					(step.Expect.Lineage == "" || step.Expect.Lineage == lineage) && flags.Stats().Refused == step.Expect.Refused
			})
		}
	}
}

// A client that doesn't do what the session says is told so.
func TestReplayOfAnotherClient(t *testing.T) {
	open := func(t *testing.T, server started, token, lastEventID string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.url+"/v1/envs/default/stream?formats=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		request.Header.Set("Last-Event-ID", lastEventID)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Body.Close() })
	}
	for about, c := range map[string]struct{ token, lastEventID, want string }{
		"another position": {"token", "b-1", `step 0: the client opened the stream with the Last-Event-ID "b-1", want ""`},
		"another token":    {"nekot", "", "Bearer nekot"},
	} {
		t.Run(about, func(t *testing.T) {
			server := start(t, "replay", "../testdata/sessions/first.json")
			open(t, server, c.token, c.lastEventID)
			if c.token != "token" {
				open(t, server, "token", "")
			}
			if status, answer := server.post(t, http.DefaultClient, "/replay/next"); status != http.StatusInternalServerError || !strings.Contains(string(answer), c.want) {
				t.Errorf("%d %s, want %s", status, answer, c.want)
			}
		})
	}
	t.Run("a stream too many", func(t *testing.T) {
		server := start(t, "replay", "../testdata/sessions/first.json")
		open(t, server, "token", "")
		open(t, server, "token", "a-1")
		for {
			status, answer := server.post(t, http.DefaultClient, "/replay/next")
			if status == http.StatusInternalServerError && strings.Contains(string(answer), "after the last step") {
				return
			}
			if status != http.StatusOK || strings.Contains(string(answer), `"end"`) {
				t.Fatalf("%d %s", status, answer)
			}
		}
	})
}

// The Go SDK is what the list says after each case.
func TestHostile(t *testing.T) {
	var list strings.Builder
	if err := run([]string{"hostile"}, nil, &list); err != nil {
		t.Fatal(err)
	}
	var listed []hostileCase
	if err := json.Unmarshal([]byte(list.String()), &listed); err != nil || len(listed) != len(cases) {
		t.Fatalf("%d cases are listed, want %d (%v)", len(listed), len(cases), err)
	}
	for _, c := range listed {
		for _, source := range c.Sources {
			t.Run(c.Name+"/"+source, func(t *testing.T) {
				t.Parallel()
				c.run(t, source)
			})
		}
	}
}

// within is how long the client may take; the race detector makes it several times as slow.
func (c *hostileCase) within() time.Duration { return 4 * time.Duration(c.Within) * time.Second }

func (c *hostileCase) run(t *testing.T, source string) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	server := start(t, "hostile", c.Name, file)
	trusting := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}}}
	if pem, err := os.ReadFile(file); err == nil && c.Name != "certificate-unknown" {
		trusting.Transport.(*http.Transport).TLSClientConfig.RootCAs.AppendCertsFromPEM(pem)
	}
	config := gonfalon.Config{Endpoint: server.url, Grace: -1}
	if strings.HasPrefix(server.url, "https:") {
		config.HTTP = trusting
	}
	if source == "poll" {
		config.Source = gonfalon.Poll(50 * time.Millisecond)
	}
	flags := client(t, config)
	if !slices.Contains(c.States, "READY") {
		// What it is after it has tried: the error of an attempt is there.
		until(t, flags, c.within(), func() bool { return flags.Stats().LastError != nil || strings.HasPrefix(c.Name, "drip") })
	}
	// Its flag is on once it has a snapshot. It may get one, or lose its stream, between two looks.
	until(t, flags, c.within(), func() bool {
		state := flags.State()
		return slices.Contains(c.States, state.String()) && flags.Enabled("a") == (state == gonfalon.Ready || state == gonfalon.Stale)
	})
	if strings.HasPrefix(server.url, "https:") {
		return // nobody who verifies it could ask the server more
	}
	if status, answer := server.post(t, http.DefaultClient, "/hostile/check"); status != http.StatusOK {
		t.Errorf("%s", answer)
	}
	if c.MendedWithin > 0 && c.MendedWithin < 30 {
		server.post(t, http.DefaultClient, "/hostile/mend")
		until(t, flags, time.Duration(c.MendedWithin)*time.Second, func() bool { return flags.State() == gonfalon.Ready && flags.Enabled("a") })
	}
}

// What a client has done that it must not is told.
func TestCheck(t *testing.T) {
	t.Run("a redirect to another origin", func(t *testing.T) {
		server := start(t, "hostile", "redirect-elsewhere")
		response, err := http.Get(server.url + "/v1/envs/default/snapshot") // follows
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if status, answer := server.post(t, http.DefaultClient, "/hostile/check"); status != http.StatusInternalServerError || !strings.Contains(string(answer), "followed a redirect") {
			t.Errorf("%d %s", status, answer)
		}
	})
	t.Run("a header of the server's", func(t *testing.T) {
		server := start(t, "hostile", "header-newline")
		for range 2 {
			request, err := http.NewRequest(http.MethodGet, server.url+"/v1/envs/default/snapshot", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set(smuggled, "yes")
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
		}
		if status, answer := server.post(t, http.DefaultClient, "/hostile/check"); status != http.StatusInternalServerError || !strings.Contains(string(answer), "sent a header") {
			t.Errorf("%d %s", status, answer)
		}
	})
	t.Run("an endless body", func(t *testing.T) {
		server := start(t, "hostile", "endless-body")
		response, err := http.Get(server.url + "/v1/envs/default/snapshot")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, response.Body, large+mib); err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if status, answer := server.post(t, http.DefaultClient, "/hostile/check"); status != http.StatusInternalServerError || !strings.Contains(string(answer), "bytes of one answer") {
			t.Errorf("%d %s", status, answer)
		}
	})
}

// The flags of benchmarks decide what a benchmark checks: by shares of the score, and by the attributes.
func TestBench(t *testing.T) {
	folder := t.TempDir()
	if err := run([]string{"bench", folder}, nil, nil); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1000, 10_000} {
		data, err := os.ReadFile(filepath.Join(folder, fmt.Sprintf("%d.snapshot", n)))
		if err != nil {
			t.Fatal(err)
		}
		flags := client(t, gonfalon.Config{Bootstrap: data})
		if info, _ := flags.Info(); info.Flags != n {
			t.Errorf("%d flags, want %d", info.Flags, n)
		}
		for i := range 100 {
			actor := fmt.Sprintf("user:%06d", i*3)
			who := gonfalon.Prepare(gonfalon.For(actor), gonfalon.With("country", "DE"), gonfalon.With("age", 34), gonfalon.With("plan", "team"))
			for kind, share := range map[string]float64{"boolean": 1, "percentage": 0.25, "rule": 0.5} {
				key := fmt.Sprintf("%s_%05d", kind, i)
				if got, want := flags.Enabled(key, who), float64(engine.Score(actor, key))/65536 <= share; got != want {
					t.Errorf("%s for %s is %t", key, actor, got)
				}
			}
			if flags.Enabled("rule_00000", gonfalon.For(actor)) {
				t.Error("the rule holds without attributes")
			}
		}
	}
}

func TestArguments(t *testing.T) {
	for _, args := range [][]string{{}, {"replay"}, {"replay", "no-such-file.json"}, {"replay", "contract_test.go"}, {"hostile", "no-such-case"}, {"hostile", "honest", "ca.pem", "more"}, {"bench", "no-such-folder"}, {"other"}} {
		if err := run(args, strings.NewReader(""), io.Discard); err == nil {
			t.Errorf("%q is no error", args)
		}
	}
}

func client(t *testing.T, config gonfalon.Config) *gonfalon.Client {
	t.Helper()
	config.Token, config.ReadyWithin, config.Logger = "token", -1, slog.New(slog.DiscardHandler)
	flags, err := gonfalon.New(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { flags.Close() })
	return flags
}

// until waits for what a client becomes.
func until(t *testing.T, flags *gonfalon.Client, within time.Duration, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			info, _ := flags.Info()
			t.Fatalf("after %v it is %s, %+v, %s", within, flags.State(), info, fmt.Sprintf("%+v", flags.Stats()))
		}
	}
}
