package main

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

// loginPatience is how long login --browser waits: as long as a code is good.
const loginPatience = 10 * time.Minute

// arrival is the address on this machine at which a browser brings the code of a login.
// Why: RATIONALE.md "Why does a login by browser make a token that ends with the session?"
type arrival struct {
	host    string // of the address, which a request must name: another name that leads here is that of a page elsewhere
	state   string
	first   atomic.Bool   // whether the answer has come
	answers chan string   // the code, or "" if the person declined
	told    chan struct{} // closed once outcome says what became of it
	outcome string        // for the person at the browser
}

// browserToken lets the person confirm at the dashboard that this machine may act for them, and returns the token's secret.
func (n *connection) browserToken(c *cobra.Command, patience time.Duration) (string, error) {
	client, err := n.client()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	page, err := client.LoginPage(ctx)
	if refused, is := errors.AsType[*apiclient.Error](err); is && refused.Status == http.StatusNotFound {
		return "", refusef("%s has no dashboard at which to confirm, or is older than this command: sign in with a token", n.endpoint)
	}
	if err != nil {
		return "", n.hinted(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	verifier := rand.Text() + rand.Text()
	a := &arrival{host: listener.Addr().String(), state: rand.Text(), answers: make(chan string, 1), told: make(chan struct{})}
	server := &http.Server{Handler: a, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(listener) }) // it ends by Shutdown or Close
	defer running.Wait()
	defer cancel()
	defer func() {
		soon, end := context.WithTimeout(context.WithoutCancel(ctx), time.Second) // the browser gets its answer
		defer end()
		if server.Shutdown(soon) != nil {
			_ = server.Close()
		}
	}()

	challenge := api.LoginChallenge(verifier)
	address := strings.TrimSuffix(client.Endpoint, "/") + "/" + page.Address + "#" + url.Values{
		"port": {strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)}, "state": {a.state}, "challenge": {challenge}, "device": {deviceName()},
	}.Encode()
	if err := say(c.ErrOrStderr(), "Confirm in a browser on this machine, which shows the code %s-%s:\n  %s\n", challenge[:4], challenge[4:8], address); err != nil {
		return "", err
	}
	running.Go(func() {
		if err := openBrowser(ctx, address); err != nil && ctx.Err() == nil {
			_ = say(c.ErrOrStderr(), "no browser could be opened (%s): open the address yourself\n", err)
		}
	})
	select {
	case code := <-a.answers:
		token, err := redeemed(ctx, client, api.LoginCode{Code: code, Verifier: verifier})
		a.outcome = "gonfalon is signed in. You can close this page."
		if err != nil {
			a.outcome = "gonfalon is not signed in: " + err.Error() + "."
		}
		close(a.told)
		return token, err
	case <-ctx.Done():
		if c.Context().Err() == nil {
			return "", refusef("nobody confirmed within %s; nothing was kept", patience)
		}
		return "", refusef("nothing was kept")
	}
}

// redeemed returns the secret of the token that the server makes for a code.
func redeemed(ctx context.Context, client *apiclient.Client, l api.LoginCode) (string, error) {
	if l.Code == "" {
		return "", refusef("it was declined in the browser; nothing was kept")
	}
	token, err := client.RedeemLogin(ctx, l)
	if refused, is := errors.AsType[*apiclient.Error](err); is && refused.Status == http.StatusUnauthorized {
		return "", refusef("%w; nothing was kept", err)
	}
	return token.Secret, err
}

// ServeHTTP takes the answer that the dashboard's page brings. Whatever comes without the state is refused, and changes
// nothing.
func (a *arrival) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	status, text := http.StatusForbidden, "This isn't the answer that gonfalon waits for."
	ours := r.Method == http.MethodGet && r.URL.Path == "/" && r.Host == a.host && subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(a.state)) == 1
	if ours && a.first.CompareAndSwap(false, true) {
		a.answers <- query.Get("code")
		select {
		case <-a.told:
			status, text = http.StatusOK, a.outcome
		case <-r.Context().Done():
			return
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<!doctype html><html lang="en"><meta charset="utf-8"><title>Gonfalon</title><main><h1>Gonfalon</h1><p>%s</p></main></html>`, html.EscapeString(text))
}

// deviceName is what to call this machine in the list of tokens.
func deviceName() string {
	name, err := os.Hostname()
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, name)
	if err != nil || name == "" {
		return "a machine"
	}
	return name[:min(len(name), 64)]
}
