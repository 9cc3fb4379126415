package httpapi

import (
	"net/http"
	"strings"
)

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
	made.Address = SignInAddress(c.dashboardAt(), made.Secret)
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.answer(http.StatusCreated, made)
}

// dashboardAt returns the path of the dashboard below the API that was asked.
func (c *call) dashboardAt() string {
	at := c.api.config.DashboardPath
	if strings.HasSuffix(c.api.PublicPath(c.Request()), at) {
		return "/" // the API below the dashboard was asked
	}
	return at
}

// SignInAddress returns the one-time address with a secret, relative to the API's, of a dashboard at a path.
func SignInAddress(at, secret string) string {
	return strings.TrimPrefix(strings.TrimSuffix(at, "/")+"/", "/") + "#secret=" + secret
}
