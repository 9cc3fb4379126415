package httpapi

import (
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// cookieName is the name of the cookie that has the secret of a session.
const cookieName = "gonfalon_session"

// maxCookies is how many cookies of that name a request may have: one of this server, and those of others that share
// its host, since cookies don't know ports.
const maxCookies = 4

// createSession signs in with a token or the secret of a one-time address.
func (c *call) createSession() error {
	if err := c.sameOrigin(); err != nil {
		return err // a page elsewhere could sign a browser in as somebody else
	}
	if err := c.params().err(); err != nil {
		return err
	}
	given, err := document[api.NewSession](c)
	if err != nil {
		return err
	}
	if (given.Token == "") == (given.Secret == "") {
		return unreadableAt(c.route.noun, "", "it needs token or secret, one of the two", "")
	}
	from := network(c.rules.proxies.caller(c.Request()))
	if wait := c.api.guesses.spent(from); wait > 0 {
		return tooManyGuesses(wait)
	}
	begin, with := c.service().BeginSession, given.Token
	if given.Secret != "" {
		begin, with = c.service().RedeemSignIn, given.Secret
	}
	session, secret, err := begin(c.context(), with)
	if controlplane.CodeOf(err) == api.Unauthorized {
		c.api.guesses.wrong(from)
		return unauthorized.of("", err.Error())
	}
	if err != nil {
		return err
	}
	for _, old := range c.cookies() {
		if err := c.service().EndSession(c.context(), old); err != nil {
			return err
		}
	}
	c.token, c.session = api.Token{ID: session.Token, Name: session.Name}, session
	c.setCookie(secret, session.Expires)
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.answer(http.StatusCreated, c.describe(session))
}

// getSession says who the caller is.
func (c *call) getSession() error {
	if err := c.params().err(); err != nil {
		return err
	}
	if c.session.ID != "" {
		return c.answer(http.StatusOK, c.describe(c.session))
	}
	t := c.token
	return c.answer(http.StatusOK, c.describe(api.Session{
		Token: t.ID, Name: t.Name, Role: t.Role, Environments: t.Envs, Created: t.Created, Expires: t.Expires,
	}))
}

// describe adds what the dashboard shows to everybody. Of environments it names those that the caller may see.
func (c *call) describe(s api.Session) api.Session {
	shown := c.rules.dashboard
	s.ReadOnly, s.Banner, s.ActorURL = shown.ReadOnly, shown.Banner, shown.ActorURL
	s.Production = []string{}
	t := api.Token{Role: s.Role, Envs: s.Environments}
	for _, e := range c.service().Status().Environments {
		if !t.Allows(mayRead, e.Key) {
			continue
		}
		if slices.ContainsFunc(shown.Production, func(pattern string) bool { ok, _ := path.Match(pattern, e.Key); return ok }) {
			s.Production = append(s.Production, e.Key)
		}
		if color := shown.Colors[e.Key]; color != "" {
			if s.Colors == nil {
				s.Colors = map[string]string{}
			}
			s.Colors[e.Key] = color
		}
	}
	return s
}

// deleteSession signs out.
func (c *call) deleteSession() error {
	if err := c.params().err(); err != nil {
		return err
	}
	if c.session.ID == "" {
		return notFound.of("", "there is no session: the request has a token")
	}
	if err := c.service().EndSession(c.context(), c.secret); err != nil {
		return err
	}
	c.setCookie("", time.Time{})
	return c.nothing()
}

// createSignIn makes a one-time address. A session can't make one: it would never end.
func (c *call) createSignIn() error {
	if err := c.params().err(); err != nil {
		return err
	}
	if c.session.ID != "" {
		return notAllowed.of("", "a session can't make another one: send the token")
	}
	made, err := c.service().CreateSignIn(c.context(), c.token.ID)
	if err != nil {
		return err
	}
	at := c.api.config.DashboardPath
	if strings.HasSuffix(c.api.PublicPath(c.Request()), at) {
		at = "/" // the API below the dashboard was asked
	}
	made.Address = SignInAddress(at, made.Secret)
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.answer(http.StatusCreated, made)
}

// SignInAddress returns the one-time address with a secret, relative to the API's, of a dashboard at a path.
func SignInAddress(at, secret string) string {
	return strings.TrimPrefix(strings.TrimSuffix(at, "/")+"/", "/") + "#secret=" + secret
}

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

// mayChange refuses changes by sessions of a dashboard that is read-only.
func (c *call) mayChange() error {
	if c.session.ID == "" || !c.rules.dashboard.ReadOnly || !c.route.changes() {
		return nil
	}
	return notAllowed.of("", "this dashboard is read-only: use the command line, or the API with a token")
}
