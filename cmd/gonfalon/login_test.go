package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"
)

// home gives a test a file of servers of its own.
func home(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gonfalon", "servers.yaml")
	t.Setenv(bookVariable, path)
	t.Setenv("GONFALON_ENDPOINT", "") // which os.Unsetenv then takes away, until the test ends
	t.Setenv("GONFALON_TOKEN", "")
	for _, name := range []string{"GONFALON_ENDPOINT", "GONFALON_TOKEN"} {
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func TestLogin(t *testing.T) {
	for name, init := range map[string]func(){"keyring": keyring.MockInit, "file": func() { keyring.MockInitWithError(errors.New("no bus")) }} {
		t.Run(name, func(t *testing.T) {
			init()
			path := home(t)
			s := serve(t, "--in-memory")
			gonfalon(t, "flags", "list").has(t, 2, "no API token", "gonfalon login")
			gonfalonWith(t, "gfn_wrong\n", "login", s.url).has(t, 1, "doesn't know this token", "nothing was kept")
			if _, err := os.Stat(path); err == nil {
				t.Error("a token that isn't good is kept")
			}
			gonfalonWith(t, "\x1b[200~"+s.adminToken+"\x1b[201~\n", "login", s.url).has(t, 0, "signed in to local ("+s.url+")", "role admin")
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if inFile := strings.Contains(string(text), s.adminToken); inFile != (name == "file") {
				t.Errorf("the file has\n%s", text)
			}
			gonfalon(t, "flags", "list").has(t, 0, "new_checkout")
			gonfalon(t, "flags", "list", "--endpoint", s.url+"/").has(t, 0, "new_checkout")
			gonfalon(t, "servers", "list").has(t, 0, "*", "local", s.url)
			gonfalon(t, "flags", "list", "--server", "locl").has(t, 2, `did you mean "local"?`)
			gonfalon(t, "flags", "list", "--server", "local", "--endpoint", s.url).has(t, 2, "both say where")
			gonfalon(t, "logout").has(t, 0, "is deleted here")
			gonfalon(t, "flags", "list").has(t, 2, "no API token")
			gonfalon(t, "logout").has(t, 0, "there is no token of local here")
			gonfalon(t, "servers", "remove", "local").has(t, 0, "is forgotten")
			gonfalon(t, "servers", "list").has(t, 0, "none yet")
			gonfalon(t, "servers", "use", "local").has(t, 1, "there is no server")
			s.stop()
		})
	}
}

// A token goes to the server that it was given for, whatever is current.
func TestTokensStayWithTheirServer(t *testing.T) {
	keyring.MockInit()
	home(t)
	sent := make(chan string, 10)
	answering := func() string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sent <- r.Header.Get("Authorization")
			_, _ = w.Write([]byte(`{"name": "ci", "role": "viewer", "environments": ["shop"], "flags": [], "total": 0}`))
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	one, two := answering(), answering()
	gonfalonWith(t, "token-of-one\n", "login", one, "--name", "one").has(t, 0, "environments shop")
	gonfalonWith(t, "token-of-two\n", "login", two, "--name", "two").has(t, 0)
	for range 2 {
		<-sent
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "token-of-two"},
		{[]string{"--server", "one"}, "token-of-one"},
		{[]string{"--endpoint", one}, "token-of-one"},
		{[]string{"--endpoint", one, "--token", "given"}, "given"},
		{[]string{"--server", "one", "--token", "given"}, "given"},
	} {
		gonfalon(t, append([]string{"flags", "list"}, c.args...)...).has(t, 0, "of shop")
		if got := <-sent; got != "Bearer "+c.want {
			t.Errorf("%v: it sends %q", c.args, got)
		}
	}
	gonfalon(t, "flags", "list", "--endpoint", answering()).has(t, 2, "no API token")
	gonfalon(t, "servers", "use", "one").must(t)
	gonfalon(t, "flags", "list").must(t)
	if got := <-sent; got != "Bearer token-of-one" {
		t.Errorf("after servers use one it sends %q", got)
	}
	if len(sent) > 0 {
		t.Errorf("somebody was sent %q", <-sent)
	}
}

// A token that is given without an address goes to the usual one, which is told where it fails, since login chose another.
func TestATokenWithoutAnAddress(t *testing.T) {
	home(t)
	gonfalon(t, "servers", "add", "production", "http://127.0.0.1:1").must(t)
	const says = "so production isn't asked: add --server production"
	if r := gonfalon(t, "flags", "list", "--token", "none-that-is-good"); !strings.Contains(r.errors, says) {
		t.Errorf("it says %s", r.errors)
	}
	for _, args := range [][]string{{"--server", "production"}, {"--endpoint", "http://127.0.0.1:1"}} {
		if r := gonfalon(t, append([]string{"flags", "list", "--token", "x"}, args...)...); strings.Contains(r.errors, "isn't asked") {
			t.Errorf("%v: it says %s", args, r.errors)
		}
	}
}

// A server is added without a name only beside the others, whose tokens it leaves.
func TestLoginKeepsOtherServers(t *testing.T) {
	keyring.MockInitWithError(errors.New("no bus"))
	home(t)
	answering := func(answer string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) }))
		t.Cleanup(s.Close)
		return s.URL
	}
	const session = `{"name": "ci", "role": "viewer", "environments": ["shop", "production"]}`
	one, two := answering(session), answering(session)
	gonfalonWith(t, "token-of-one\n", "login", one).has(t, 0, "signed in to local")
	gonfalonWith(t, "token-of-two\n", "login", two).has(t, 0, "signed in to 127.0.0.1:")
	gonfalon(t, "servers", "list", "-o", "json").has(t, 0, one, two)
	gonfalon(t, "servers", "use", "local", "--env", "production").must(t)
	gonfalonWith(t, "token-of-one\n", "login", one).has(t, 0, "signed in to local")
	gonfalon(t, "servers", "list").has(t, 0, "production") // still

	for _, other := range []string{answering("{}"), answering("null"), answering("<html>")} {
		gonfalonWith(t, "a-token\n", "login", other).has(t, 2)
	}
	if r := gonfalon(t, "servers", "list", "-o", "name"); strings.Count(r.out, "\n") != 2 {
		t.Errorf("it knows\n%s", r.out)
	}
}

func TestAFileThatOthersCanReadIsRefused(t *testing.T) {
	path := home(t)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("servers: [{name: a, endpoint: 'http://localhost:1', token: secret}]"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := gonfalon(t, "servers", "list")
	r.has(t, 2, "others can read", "chmod 600")
	if strings.Contains(r.out+r.errors, "secret") {
		t.Error("the token is shown")
	}
	if err := os.WriteFile(path, []byte("servers: {"), 0o600); err != nil {
		t.Fatal(err)
	}
	gonfalon(t, "servers", "list").has(t, 2, "the known servers", path)
}

// A file of servers that a later version wrote keeps what this one doesn't know, and one that can't be read is said to be so in
// words of its own.
func TestServersOfALaterVersion(t *testing.T) {
	path := home(t)
	write := func(text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("colour: red\nservers: [{name: a, endpoint: 'http://localhost:1', proxy: socks}]")
	gonfalon(t, "servers", "add", "b", "http://localhost:2").must(t)
	gonfalon(t, "servers", "use", "a", "--env", "shop").must(t)
	gonfalon(t, "servers", "add", "a", "http://localhost:1").must(t)
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), "colour: red") || !strings.Contains(string(text), "proxy: socks") {
		t.Errorf("%v: %s", err, text)
	}
	for text, says := range map[string]string{"servers: 3": "line 1: !!int `3` is out of place here", "[]": "line 1: !!seq is out of place here"} {
		write(text)
		r := gonfalon(t, "servers", "list")
		r.has(t, 2, path, says)
		config := file(t, "settings.yaml", "[]")
		gonfalon(t, "flags", "list", "--config", config).has(t, 2, config, "line 1: !!seq is out of place here")
	}
}

func TestLoginRefusesAddresses(t *testing.T) {
	home(t)
	for _, address := range []string{"flags.example.com", "ftp://x", "http://user:password@x", "http://"} {
		gonfalonWith(t, "t\n", "login", address).has(t, 2, "is not an address")
	}
	for _, name := range []string{"e\x1b[31m", "a/b", "a@b", "a b"} {
		gonfalon(t, "servers", "add", name, "http://localhost").has(t, 2, "is no name for a server")
		gonfalonWith(t, "t\n", "login", "http://localhost", "--name", name).has(t, 2, "is no name for a server")
	}
	if r := gonfalon(t, "login", "http://user:password@x"); strings.Contains(r.errors, "password") {
		t.Errorf("it says %s", r.errors)
	}
	gonfalonWith(t, "t\n", "login", "http://flags.invalid:1").has(t, 2, "travels unencrypted")
	gonfalon(t, "login", "http://127.0.0.1:1").has(t, 2, "no token")
}
