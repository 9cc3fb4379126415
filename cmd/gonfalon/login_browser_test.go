package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

var loginAddress = regexp.MustCompile(`(http://\S+/login)#(\S+)\n`)

// browserLogin is a login --browser that waits.
type browserLogin struct {
	t     *testing.T
	s     *server
	page  string
	asked url.Values
	stop  context.CancelFunc
	done  chan result
}

// beginLogin runs login --browser until it waits. No browser can be opened.
func beginLogin(t *testing.T, s *server) *browserLogin {
	t.Helper()
	t.Setenv("PATH", t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	l := &browserLogin{t: t, s: s, stop: stop, done: make(chan result, 1)}
	told, errors := io.Pipe()
	go func() {
		var out, all bytes.Buffer
		code := run(ctx, []string{"login", s.url, "--browser"}, strings.NewReader(""), &out, io.MultiWriter(&all, errors))
		_ = errors.Close()
		l.done <- result{code: code, out: out.String(), errors: all.String()}
	}()
	var text bytes.Buffer
	for part := make([]byte, 4096); l.asked == nil; {
		n, err := told.Read(part)
		text.Write(part[:n])
		if m := loginAddress.FindStringSubmatch(text.String()); m != nil {
			l.page = m[1]
			l.asked, _ = url.ParseQuery(m[2])
		} else if err != nil {
			t.Fatalf("%v\n%s", err, text.Bytes())
		}
	}
	go func() { _, _ = io.Copy(io.Discard, told) }() // until it ends
	t.Cleanup(stop)
	return l
}

// confirm does what the page does for somebody who is signed in with a token, and returns the code.
func (l *browserLogin) confirm(token string) string {
	l.t.Helper()
	jar, _ := cookiejar.New(nil) // it can't fail
	client := &apiclient.Client{Endpoint: l.s.url, Agent: "test/1", HTTP: &http.Client{Jar: jar}}
	if _, err := client.SignIn(l.t.Context(), api.NewSession{Token: token}); err != nil {
		l.t.Fatal(err)
	}
	made, err := client.CreateLogin(l.t.Context(), api.NewLogin{Challenge: l.asked.Get("challenge"), Device: l.asked.Get("device")})
	if err != nil {
		l.t.Fatal(err)
	}
	return made.Code
}

// bring asks the address on this machine, and returns the answer's status and text.
func (l *browserLogin) bring(method, path string, query url.Values, host string) (int, string) {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.t.Context(), method, "http://127.0.0.1:"+l.asked.Get("port")+path+"?"+query.Encode(), nil)
	if err != nil {
		l.t.Fatal(err)
	}
	if host != "" {
		r.Host = host
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	if got.Header.Get("Cache-Control") != "no-store" || !strings.Contains(got.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		l.t.Errorf("%s %s: %v", method, path, got.Header)
	}
	return got.StatusCode, string(text)
}

// TestLoginByBrowser signs in, after others have tried to bring something else.
func TestLoginByBrowser(t *testing.T) {
	keyring.MockInit()
	home(t)
	s := serve(t, "--in-memory", "--dashboard-path", "/ui")
	l := beginLogin(t, s)
	if l.page != s.url+"/ui/login" {
		t.Errorf("the page is %s", l.page)
	}
	state, code := l.asked.Get("state"), l.confirm(s.adminToken)
	right := url.Values{"state": {state}, "code": {code}}
	for name, wrong := range map[string]struct {
		method, path, host string
		query              url.Values
	}{
		"no state":       {"GET", "/", "", url.Values{"code": {code}}},
		"another state":  {"GET", "/", "", url.Values{"code": {code}, "state": {state[1:] + "A"}}},
		"declined":       {"GET", "/", "", url.Values{"declined": {"1"}}},
		"another method": {"POST", "/", "", right},
		"another path":   {"GET", "/favicon.ico", "", right},
		"another name":   {"GET", "/", "attacker.example:" + l.asked.Get("port"), right},
		"another port":   {"GET", "/", "127.0.0.1:1", right},
	} {
		if status, text := l.bring(wrong.method, wrong.path, wrong.query, wrong.host); status != 403 {
			t.Errorf("%s gets %d %s", name, status, text)
		}
	}
	if status, text := l.bring("GET", "/", right, ""); status != 200 || !strings.Contains(text, "is signed in") {
		t.Errorf("the browser gets %d %s", status, text)
	}
	r := <-l.done
	r.has(t, 0, "signed in to local ("+s.url+") as first admin on ", "role admin", "until ")
	if all := r.out + r.errors; strings.Contains(all, code) || strings.Contains(all, "gfn_admin_") {
		t.Errorf("it prints a secret:\n%s", all)
	}
	gonfalon(t, "flags", "list").has(t, 0, "new_checkout")
	gonfalon(t, "tokens", "list").has(t, 0, "first admin on "+l.asked.Get("device"))
	s.stop()
	for _, secret := range []string{code, state} {
		if strings.Contains(s.logs.String(), secret) {
			t.Errorf("the log has %s:\n%s", secret, s.logs)
		}
	}
}

// TestLoginByBrowserEnds brings what makes no token, brings nothing, and asks servers without a dashboard.
func TestLoginByBrowserEnds(t *testing.T) {
	keyring.MockInit()
	path := home(t)
	s := serve(t, "--in-memory")
	for name, c := range map[string]struct {
		bring func(l *browserLogin)
		want  string
	}{
		"declined": {func(l *browserLogin) {
			if status, text := l.bring("GET", "/", url.Values{"state": {l.asked.Get("state")}, "declined": {"1"}}, ""); status != 200 || !strings.Contains(text, "declined") {
				l.t.Errorf("%d %s", status, text)
			}
		}, "declined in the browser; nothing was kept"},
		"a code that isn't": {func(l *browserLogin) {
			l.bring("GET", "/", url.Values{"state": {l.asked.Get("state")}, "code": {"gfn_code_X"}}, "")
		}, "nothing was kept"},
		"the code of another login": {func(l *browserLogin) {
			other := *l
			other.asked = url.Values{"challenge": {api.LoginChallenge("another")}, "device": {"another"}}
			l.bring("GET", "/", url.Values{"state": {l.asked.Get("state")}, "code": {other.confirm(s.adminToken)}}, "")
		}, "another program's"},
		"interrupted": {func(l *browserLogin) { l.stop() }, "nothing was kept"},
	} {
		t.Run(name, func(t *testing.T) {
			l := beginLogin(t, s)
			c.bring(l)
			r := <-l.done
			r.has(t, 1, c.want)
			if _, err := http.Get("http://127.0.0.1:" + l.asked.Get("port") + "/"); err == nil {
				t.Error("it still listens")
			}
			if _, err := os.Stat(path); err == nil {
				t.Error("something was kept")
			}
		})
	}
	gonfalon(t, "login", s.url, "--browser", "--token", "x").has(t, 2, "--browser and --token")
	s.stop()
	none := serve(t, "--in-memory", "--dashboard=false")
	gonfalon(t, "login", none.url, "--browser").has(t, 1, "has no dashboard at which to confirm")
	none.stop()
}

// TestLoginByBrowserWaits no longer than it may.
func TestLoginByBrowserWaits(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	s := serve(t, "--in-memory")
	defer s.stop()
	c := newLogin()
	c.SetContext(t.Context())
	c.SetErr(io.Discard)
	n := connection{endpoint: s.url, timeout: time.Minute}
	for patience := 50 * time.Millisecond; ; patience *= 4 {
		token, err := n.browserToken(c, patience)
		if token != "" || err == nil {
			t.Fatal(token, err)
		}
		if strings.Contains(err.Error(), "nobody confirmed within "+patience.String()) {
			return
		}
		if patience > 10*time.Second { // else the server may not have answered so soon
			t.Fatal(err)
		}
	}
}
