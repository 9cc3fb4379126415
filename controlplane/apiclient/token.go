package apiclient

import (
	"context"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
)

// Token is an API token. Only the response that creates it has its secret.
type Token struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Role     controlplane.Role `json:"role"`
	Envs     []string          `json:"envs"` // empty for all, and for what belongs to no environment
	Created  time.Time         `json:"created,omitzero"`
	Expires  time.Time         `json:"expires,omitzero"`   // absent for never
	LastUsed time.Time         `json:"last_used,omitzero"` // absent for never
	By       string            `json:"by"`
	Secret   string            `json:"token,omitempty"`
}

// TokenList is every token.
type TokenList struct {
	Tokens []Token `json:"tokens"`
}

// NewToken is a token to create.
type NewToken struct {
	Name    string            `json:"name"`
	Role    controlplane.Role `json:"role"`
	Envs    []string          `json:"envs,omitempty"`
	Expires time.Time         `json:"expires,omitzero"`
}

// Tokens lists the tokens.
func (c *Client) Tokens(ctx context.Context) ([]Token, error) {
	var list TokenList
	err := c.get(ctx, path("tokens"), nil, &list)
	return list.Tokens, err
}

// CreateToken creates a token.
func (c *Client) CreateToken(ctx context.Context, n NewToken, w Write) (t Token, err error) {
	return t, c.post(ctx, path("tokens"), n, w, &t)
}

// RevokeToken revokes a token.
func (c *Client) RevokeToken(ctx context.Context, id string, w Write) error {
	return c.drop(ctx, path("tokens", id), nil, w, nil)
}
