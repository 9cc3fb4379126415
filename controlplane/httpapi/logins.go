package httpapi

import (
	"net/http"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// A login by browser goes this way: a program makes a verifier and a state, listens on its machine, and opens the page with
// the verifier's challenge. The person confirms there, and createLogin makes a code, with which the page goes to the program.
// The program checks the state, and sends code and verifier to redeemLogin, which returns a token.

// getLoginPage says where the person confirms.
func (c *call) getLoginPage() error {
	if err := c.params().err(); err != nil {
		return err
	}
	at := strings.TrimPrefix(strings.TrimSuffix(c.dashboardAt(), "/")+"/login", "/")
	return c.answer(http.StatusOK, api.LoginPage{Address: at})
}

// createLogin makes a code for the program that the person at the dashboard lets act for them. Only a page of the dashboard
// may ask for it, since whoever has a token needs no other. A dashboard that is read-only makes none: the token could write.
func (c *call) createLogin() error {
	if err := c.params().err(); err != nil {
		return err
	}
	asked, err := document[api.NewLogin](c)
	if err != nil {
		return err
	}
	switch {
	case c.session.ID == "":
		return notAllowed.of("", "only a session of the dashboard can let a program act for somebody: this request has a token")
	case c.rules.dashboard.ReadOnly:
		return notAllowed.of("", "this dashboard is read-only: use gonfalon login with a token")
	}
	made, err := c.service().CreateLogin(c.context(), c.session, asked)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.answer(http.StatusCreated, made)
}

// redeemLogin makes the program's token. Guesses are counted like those of tokens.
func (c *call) redeemLogin() error {
	if err := c.sameOrigin(); err != nil {
		return err
	}
	if err := c.params().err(); err != nil {
		return err
	}
	given, err := document[api.LoginCode](c)
	if err != nil {
		return err
	}
	if given.Code == "" || given.Verifier == "" {
		return unreadableAt(c.route.noun, "", "it needs code and verifier", "")
	}
	from := network(c.rules.proxies.caller(c.Request()))
	if wait := c.api.guesses.spent(from); wait > 0 {
		return tooManyGuesses(wait)
	}
	made, err := c.service().RedeemLogin(c.context(), given)
	if controlplane.CodeOf(err) == api.Unauthorized {
		c.api.guesses.wrong(from)
		return unauthorized.of("", err.Error())
	}
	if err != nil {
		return err
	}
	c.token = api.Token{ID: made.ID, Name: made.Name}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.answer(http.StatusCreated, made)
}
