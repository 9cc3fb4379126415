package httpapi

import (
	"net/http"
	"path"
	"slices"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

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

// mayChange refuses changes by sessions of a dashboard that is read-only.
func (c *call) mayChange() error {
	if c.session.ID == "" || !c.rules.dashboard.ReadOnly || !c.route.changes() {
		return nil
	}
	return notAllowed.of("", "this dashboard is read-only: use the command line, or the API with a token")
}
