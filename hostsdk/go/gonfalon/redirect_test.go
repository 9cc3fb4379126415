package gonfalon

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestTheTokenStaysWithinItsOrigin: a control plane, or whoever answers in its place, can't have the token sent elsewhere.
func TestTheTokenStaysWithinItsOrigin(t *testing.T) {
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("%s was asked for, with %q", r.URL, r.Header.Get("Authorization"))
	}))
	defer thief.Close()
	for name, client := range map[string]*http.Client{"own": nil, "the program's": {CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}} {
		t.Run(name, func(t *testing.T) {
			here := httptest.NewServer(http.RedirectHandler(thief.URL, http.StatusTemporaryRedirect))
			defer here.Close()
			c, err := New(t.Context(), Config{Endpoint: here.URL, Token: "token", Logger: quiet, ReadyWithin: -1, HTTP: client})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			until(t, c, func() bool { return c.Stats().Lost > 0 })
			if err := c.Stats().LastError; !strings.Contains(err.Error(), "the token is for "+here.URL+" alone") {
				t.Errorf("it says %v", err)
			}
			if err := c.config.ReportUsage(t.Context(), "default", []FlagUsage{{Flag: "on"}}); err == nil {
				t.Error("usage was reported elsewhere")
			}
			if client != nil && client.CheckRedirect(nil, nil) != nil {
				t.Error("the program's client was changed")
			}
		})
	}
}

func TestRedirectsWithinTheOriginAreFollowed(t *testing.T) {
	p := newPlane(t)
	p.snapshot = compiled(t, 1, flagOn)
	mux := http.NewServeMux()
	mux.Handle("/old/", http.StripPrefix("/old", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.RequestURI(), http.StatusTemporaryRedirect)
	})))
	mux.Handle("/", p.Config.Handler)
	here := httptest.NewServer(mux)
	defer here.Close()
	c, err := New(t.Context(), Config{Endpoint: here.URL + "/old", Token: "token", Logger: quiet, Source: Poll(0)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !c.Enabled("on") {
		t.Errorf("%+v", c.Stats())
	}
}

func TestRedirectsEnd(t *testing.T) {
	here := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }))
	defer here.Close()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, here.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := withinOrigin(http.DefaultClient).Do(request); err == nil || !strings.Contains(err.Error(), "more than 10 times") {
		t.Errorf("it says %v", err)
	}
}

func TestOrigin(t *testing.T) {
	for _, test := range []struct {
		one, other string
		same       bool
	}{
		{"http://a/x", "http://a:80/y", true}, {"https://a/x", "https://a:443/", true}, {"https://a", "http://a", false}, {"http://a", "https://a", false},
		{"https://a", "https://b.a", false}, {"https://b.a", "https://a", false}, {"https://a", "https://a:8443", false}, {"https://[::1]/", "https://[::1]:443/", true},
	} {
		one, err := url.Parse(test.one)
		other, err2 := url.Parse(test.other)
		if err != nil || err2 != nil || (origin(one) == origin(other)) != test.same {
			t.Errorf("%s and %s: %s and %s", test.one, test.other, origin(one), origin(other))
		}
	}
}
