package apiclient

import (
	"context"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// Tokens lists the tokens.
func (c *Client) Tokens(ctx context.Context) ([]api.Token, error) {
	var list api.TokenList
	err := c.get(ctx, path("tokens"), nil, &list)
	return list.Tokens, err
}

// CreateToken creates a token.
func (c *Client) CreateToken(ctx context.Context, n api.NewToken, w WriteOptions) (t api.Token, err error) {
	return t, c.post(ctx, path("tokens"), n, w, &t)
}

// RevokeToken revokes a token.
func (c *Client) RevokeToken(ctx context.Context, id string, w WriteOptions) error {
	return c.drop(ctx, path("tokens", id), nil, w, nil)
}
