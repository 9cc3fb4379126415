package httpapi

import (
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func tokenDocument(t controlplane.Token, secret string) apiclient.Token {
	envs := t.Envs
	if envs == nil {
		envs = []string{}
	}
	return apiclient.Token{ID: t.ID, Name: t.Name, Role: t.Role, Envs: envs, Created: t.Created, Expires: t.Expires, LastUsed: t.LastUsed, By: t.By, Secret: secret}
}

func (x *call) listTokens() error {
	if err := x.params().err(); err != nil {
		return err
	}
	all, err := x.service().Tokens(x.context())
	if err != nil {
		return err
	}
	d := apiclient.TokenList{Tokens: make([]apiclient.Token, len(all))}
	for i, t := range all {
		d.Tokens[i] = tokenDocument(t, "")
	}
	return x.answer(http.StatusOK, d)
}

// createToken creates a token. Only this response has its secret.
func (x *call) createToken() error {
	d, o, err := plain[struct {
		written
		apiclient.NewToken
	}](x, false)
	if err != nil {
		return err
	}
	t, secret, err := x.service().CreateToken(x.context(), controlplane.NewToken{Name: d.Name, Role: d.Role, Envs: d.Envs, Expires: d.Expires}, o)
	if err != nil {
		return err
	}
	x.Response().Header().Set("Cache-Control", "no-store")
	return x.answer(created(o), tokenDocument(t, secret))
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
