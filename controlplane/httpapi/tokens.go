package httpapi

import (
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

func (x *call) listTokens() error {
	if err := x.params().err(); err != nil {
		return err
	}
	all, err := x.service().Tokens(x.context())
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, api.TokenList{Tokens: all})
}

// createToken creates a token. Only this response has its secret.
func (x *call) createToken() error {
	d, o, err := plain[struct {
		written
		api.NewToken
	}](x, false)
	if err != nil {
		return err
	}
	t, err := x.service().CreateToken(x.context(), d.NewToken, o)
	if err != nil {
		return err
	}
	x.Response().Header().Set("Cache-Control", "no-store")
	return x.answer(created(o), t)
}

func (x *call) revokeToken() error {
	_, o, err := x.deleting()
	if err != nil {
		return err
	}
	if err := x.service().RevokeToken(x.context(), x.param("key"), o); err != nil {
		return err
	}
	return x.nothing()
}
