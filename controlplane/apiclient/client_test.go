package apiclient_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// answering is a server that gives every request but deletions, whose answers are empty, the same answer, and records the requests.
func answering(t *testing.T, status int, header http.Header, body string) (*apiclient.Client, *http.Request, *string) {
	t.Helper()
	asked, sent := new(http.Request), new(string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		*asked, *sent = *r, string(data)
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		if r.Method != http.MethodDelete {
			_, _ = io.WriteString(w, body)
		}
	}))
	t.Cleanup(server.Close)
	return apiclient.New(server.URL+"/below/", "secret"), asked, sent
}

func TestRequest(t *testing.T) {
	c, asked, sent := answering(t, 200, nil, `{"key": "a/b", "gates": [], "version": "v1"}`)
	if _, err := c.Enable(t.Context(), "my env", "a/b", flagset.ForActor("u"), apiclient.WriteOptions{Reason: "why", IfMatch: "v1", AllowMissing: true, DryRun: true}); err != nil {
		t.Fatal(err)
	}
	if asked.RequestURI != "/below/v1/envs/my%20env/flags/a%2Fb/enable?dry_run=true" || asked.Header.Get("If-Match") != `"v1"` || asked.Header.Get("Authorization") != "Bearer secret" {
		t.Errorf("%s %v", asked.RequestURI, asked.Header)
	}
	if *sent != `{"for_actor":"u","reason":"why","allow_missing":true}` {
		t.Errorf("%s", *sent)
	}
	if _, err := c.Disable(t.Context(), "e", "k", flagset.Scope{}, apiclient.WriteOptions{IfAbsent: true}); err != nil || *sent != "{}" || asked.Header.Get("If-None-Match") != "*" {
		t.Errorf("%v %s %v", err, *sent, asked.Header)
	}
}

// TestOnBehalfOf: a name travels as it is, whatever its script.
func TestOnBehalfOf(t *testing.T) {
	c, asked, _ := answering(t, 200, nil, `{"revision": 1}`)
	const name = "Zoë, 50%/+ \n<zoe@example.org>"
	w := apiclient.WriteOptions{OnBehalfOf: name}
	for verb, change := range map[string]func() error{
		"a post":     func() error { _, err := c.Kill(t.Context(), "e", "k", nil, w); return err },
		"a put":      func() error { _, err := c.PutFlag(t.Context(), "e", flagset.Flag{Key: "k"}, w); return err },
		"a deletion": func() error { return c.DeleteFlag(t.Context(), "e", "k", w) },
		"an import":  func() error { _, err := c.Import(t.Context(), "e", []byte(`{}`), api.Import{}, w); return err },
	} {
		*asked = http.Request{}
		if err := change(); err != nil {
			t.Errorf("%s: %v", verb, err)
		}
		if got, err := url.PathUnescape(asked.Header.Get("X-Gonfalon-On-Behalf-Of")); got != name || err != nil {
			t.Errorf("%s: for %q (%v)", verb, got, err)
		}
	}
	if _, err := c.Kill(t.Context(), "e", "k", nil, apiclient.WriteOptions{}); err != nil || len(asked.Header.Values("X-Gonfalon-On-Behalf-Of")) != 0 {
		t.Errorf("for nobody else: %v %v", asked.Header, err)
	}
}

// TestNoRedirectIsFollowed: whatever it leads to, the token stays with the endpoint, also if the program's own HTTP
// client follows redirects.
func TestNoRedirectIsFollowed(t *testing.T) {
	reached := make(chan string, 100)
	there := func(w http.ResponseWriter, r *http.Request) {
		reached <- r.Host + r.URL.Path + " " + r.Header.Get("Authorization")
	}
	other, secure := httptest.NewServer(http.HandlerFunc(there)), httptest.NewTLSServer(http.HandlerFunc(there))
	t.Cleanup(other.Close)
	t.Cleanup(secure.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, to := range []string{other.URL + "/v1/envs", secure.URL + "/v1/envs", "/elsewhere", "//" + other.Listener.Addr().String()} {
			follows := &http.Client{CheckRedirect: func(_ *http.Request, via []*http.Request) error {
				if len(via) > 3 {
					return http.ErrUseLastResponse
				}
				return nil
			}}
			for name, own := range map[string]*http.Client{"none": nil, "one that follows": follows} {
				c, asked, _ := answering(t, status, http.Header{"Location": {to}}, "")
				c.HTTP = own
				_, err := c.Environments(t.Context())
				_, changed := c.Kill(t.Context(), "e", "k", nil, apiclient.WriteOptions{})
				var streamed error
				for _, streamed = range c.Changes(t.Context(), "e", "") {
				}
				for what, err := range map[string]error{"a read": err, "a change": changed, "a stream": streamed} {
					if err == nil || !strings.Contains(err.Error(), "redirects to "+strconv.Quote(to)) {
						t.Errorf("%d to %s, client: %s, %s: %v", status, to, name, what, err)
					}
				}
				if strings.Contains(asked.URL.Path, "elsewhere") {
					t.Errorf("%d to %s, client: %s: it was followed", status, to, name)
				}
			}
		}
	}
	if len(reached) > 0 {
		t.Errorf("it was followed to %s", <-reached)
	}
}

func TestErrors(t *testing.T) {
	problem := http.Header{"Content-Type": {"application/problem+json"}}
	for _, c := range []struct {
		status int
		header http.Header
		body   string
		want   string
		wait   int
	}{
		{422, problem, `{"type": "/problems/invalid-flag", "title": "The flag can't be stored", "status": 422, "errors": [{"pointer": "/gates/1/ratio", "detail": "too much", "hint": "less"}]}`,
			"The flag can't be stored\n  /gates/1/ratio: too much (less)", 0},
		{502, http.Header{"Content-Type": {"text/html"}}, "<html>bad gateway</html>", "the server answered 502 Bad Gateway", 0},
		{400, problem, `{"title": `, "the server answered 400 Bad Request", 0},
		{429, http.Header{"Retry-After": {"7"}}, "", "the server answered 429 Too Many Requests", 7},
		{503, http.Header{"Retry-After": {time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)}}, "", "the server answered 503 Service Unavailable", 58},
	} {
		client, _, _ := answering(t, c.status, c.header, c.body)
		_, err := client.Flag(t.Context(), "default", "x")
		var e *apiclient.Error
		if !errors.As(err, &e) || e.Status != c.status || e.Error() != c.want || e.RetryAfter < c.wait {
			t.Errorf("%d %s: %v", c.status, c.body, err)
		}
	}
	if _, err := apiclient.New("http://127.0.0.1:1", "").Environments(t.Context()); err == nil {
		t.Error("nobody answered, and there is no error")
	}
}

// An older client reads what a newer control plane answers, and says what it skipped.
func TestNewerAnswers(t *testing.T) {
	const flag = `{"key": "x", "colour": 1, "gates": [{"type": "boolean", "enabled": true, "colour": 1}, {"type": "toggle"}], "state": "on", "version": "v1"}`
	client, _, _ := answering(t, 200, nil, `{"flags": [`+flag+`], "total": 1, "colour": 1}`)
	page, err := client.Flags(t.Context(), "default", apiclient.FlagQuery{})
	if err != nil || len(page.Flags) != 1 || page.Flags[0].Version != "v1" || len(page.Flags[0].Gates) != 1 {
		t.Fatalf("%+v %v", page, err)
	}
	if got := strings.Join(page.Flags[0].Unknown, " "); got != "/colour /gates/0/colour /gates/1/type" {
		t.Errorf("skipped %s", got)
	}
	if _, err := json.Marshal(page); err != nil {
		t.Error(err)
	}
	client, _, _ = answering(t, 200, nil, `{"segments": [{"key": "s", "colour": 1, "constraints": [{"attribute": "a", "operator": "like", "values": [1], "colour": 1}], "users": ["f"]}]}`)
	segments, err := client.Segments(t.Context(), "default")
	if err != nil || len(segments) != 1 || segments[0].Constraints[0].Operator != "like" || strings.Join(segments[0].Unknown, " ") != "/colour /constraints/0/colour" {
		t.Errorf("%+v %v", segments, err)
	}
	client, _, _ = answering(t, 200, nil, `{"environments": [{"key": "e", "colour": 1, "settings": {"group_conflict": "allow_wins", "colour": 1}, "flags": 3}]}`)
	envs, err := client.Environments(t.Context())
	if err != nil || len(envs) != 1 || envs[0].Settings.GroupConflict != flagset.AllowWins || envs[0].Flags != 3 {
		t.Errorf("%+v %v", envs, err)
	}
}

// TestFlagDocument checks that a flag loses nothing on its way through JSON.
func TestFlagDocument(t *testing.T) {
	yes := true
	f := api.Flag{
		Flag:     flagset.Flag{Key: "x", Owner: "ada", Gates: []flagset.Gate{{Type: flagset.Actor, Target: "u", Enabled: true}}},
		FlagInfo: api.FlagInfo{Version: "v1", Revision: 3, State: "partial", Enabled: &yes, Updated: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
	}
	data, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		t.Fatal(err)
	}
	document, err := json.Marshal(f.Flag)
	if err != nil {
		t.Fatal(err)
	}
	var authored map[string]any
	if err := json.Unmarshal(document, &authored); err != nil {
		t.Fatal(err)
	}
	for name := range members {
		if _, found := authored[name]; !found && !slices.Contains(api.FlagInfoFields, name) {
			t.Errorf("%q is neither the document's nor one of FlagInfoFields", name)
		}
	}
	var back api.Flag
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil || string(again) != string(data) {
		t.Errorf("%s\n%s %v", data, again, err)
	}
}

// TestSilence: a stream of which nothing comes any more ends with an error, although the connection stands. Heartbeats keep it.
func TestSilence(t *testing.T) {
	const beats = 5
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for range beats {
			_, _ = io.WriteString(w, "event: change\ndata: {\"revision\":1}\n\n:\n\n")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(50 * time.Millisecond)
		}
		<-r.Context().Done()
	}))
	defer server.Close()
	c := apiclient.New(server.URL, "x")
	c.HTTP, c.Silence = &http.Client{Timeout: 100 * time.Millisecond}, 3*time.Second // its timeout is for one answer
	came := 0
	for _, err := range c.Changes(t.Context(), "e", "") {
		if err != nil {
			if came != beats || !strings.Contains(err.Error(), "silent") {
				t.Errorf("%d %v", came, err)
			}
			return
		}
		came++
	}
	t.Errorf("it ended well after %d", came)
}
