package gonfalon

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
)

// maxRedirects is how many redirects one request follows, as by default in net/http.
const maxRedirects = 10

// withinOrigin returns a client that follows redirects within an origin only, since net/http would send the token to
// the same host without TLS, and to subdomains.
func withinOrigin(client *http.Client) *http.Client {
	within, before := *client, client.CheckRedirect
	within.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if from := origin(via[0].URL); origin(next.URL) != from {
			return fmt.Errorf("gonfalon: %s redirects to %s, which isn't followed: the token is for %s alone", via[0].URL.Path, origin(next.URL), from)
		}
		if before != nil {
			return before(next, via)
		}
		if len(via) >= maxRedirects {
			return fmt.Errorf("gonfalon: %s redirects more than %d times", via[0].URL.Path, maxRedirects)
		}
		return nil
	}
	return &within
}

// origin returns scheme, host and port of an address.
func origin(u *url.URL) string {
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	return u.Scheme + "://" + u.Hostname() + ":" + port
}
