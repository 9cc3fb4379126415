package httpapi

import (
	"net/http"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// cookieName is the name of the cookie that has the secret of a session.
const cookieName = "gonfalon_session"

// maxCookies is how many cookies of that name a request may have: one of this server, and those of others that share
// its host, since cookies don't know ports.
const maxCookies = 4

// setCookie sets the cookie of a session, or removes it if the secret is "".
func (c *call) setCookie(secret string, expires time.Time) {
	cookie := &http.Cookie{
		Name: cookieName, Value: secret, Path: c.api.PublicPath(c.Request()) + "/", Expires: expires,
		Secure: c.secure(), HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
	if secret == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(c.Response(), cookie)
}

// cookies returns the secrets in the request's cookies.
func (c *call) cookies() []string {
	if c.api.config.DashboardPath == "" {
		return nil
	}
	var secrets []string
	for _, cookie := range c.Request().CookiesNamed(cookieName) {
		if cookie.Value != "" && len(secrets) < maxCookies {
			secrets = append(secrets, cookie.Value)
		}
	}
	return secrets
}

// admitSession finds the session of a request without a token. Only pages of the same origin may use a cookie, also to
// read: a browser sends it along wherever a page of the same site makes it.
func (c *call) admitSession() (api.Token, error) {
	secrets := c.cookies()
	if len(secrets) == 0 {
		return api.Token{}, unauthorized.of("", "send a token: Authorization: Bearer …")
	}
	if err := c.sameOrigin(); err != nil {
		return api.Token{}, err
	}
	t, err := c.findSession(secrets, c.service().Session)
	if err == nil {
		return t, nil
	}
	// Another replica may just have begun it. The store is asked no oftener than somebody may guess.
	if wait := c.api.guesses.wrong(network(c.rules.proxies.caller(c.Request()))); wait > 0 {
		return t, tooManyGuesses(wait)
	}
	t, err = c.findSession(secrets, func(secret string) (api.Session, api.Token, error) {
		return c.service().AwaitSession(c.context(), secret)
	})
	if controlplane.CodeOf(err) == api.Unauthorized {
		return t, unauthorized.of("", err.Error()) // the cookie stays: it may be of another server on this host
	}
	return t, err
}

func (c *call) findSession(secrets []string, find func(string) (api.Session, api.Token, error)) (t api.Token, err error) {
	for _, secret := range secrets {
		if c.session, t, err = find(secret); err == nil {
			c.secret = secret
			c.Response().Header().Set("Cache-Control", "private, no-cache") // unlike Authorization, a cookie doesn't keep shared caches away
			return t, nil
		}
	}
	return t, err
}
