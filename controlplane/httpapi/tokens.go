package httpapi

import (
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

func (c *call) listTokens() error {
	if err := c.params().err(); err != nil {
		return err
	}
	all, err := c.service().Tokens(c.context())
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, api.TokenList{Tokens: all})
}

// createToken creates a token. Only this response has its secret.
func (c *call) createToken() error {
	d, o, err := smallBody[struct {
		writeMembers
		api.NewToken
	}](c, false)
	if err != nil {
		return err
	}
	t, err := c.service().CreateToken(c.context(), d.NewToken, o)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.answer(created(o), t)
}

func (c *call) revokeToken() error {
	_, o, err := c.deleteOptions()
	if err != nil {
		return err
	}
	if err := c.service().RevokeToken(c.context(), c.param("key"), o); err != nil {
		return err
	}
	return c.nothing()
}
