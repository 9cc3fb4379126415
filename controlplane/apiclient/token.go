package apiclient

import (
	"context"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
)

// Token is an API token. Its secret is only in the answer that creates it.
type Token struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Role     controlplane.Role `json:"role"`
	Envs     []string          `json:"envs"` // empty: all, and what belongs to none
	Created  time.Time         `json:"created,omitzero"`
	Expires  time.Time         `json:"expires,omitzero"`   // absent: never
	LastUsed time.Time         `json:"last_used,omitzero"` // absent: never
	By       string            `json:"by"`
	Secret   string            `json:"token,omitempty"`
}

// TokenList is every token.
type TokenList struct {
	Tokens []Token `json:"tokens"`
}

// NewToken says what token to create.
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

// CreateToken creates one.
func (c *Client) CreateToken(ctx context.Context, n NewToken, w Write) (t Token, err error) {
	return t, c.post(ctx, path("tokens"), n, w, &t)
}

// RevokeToken ends one.
func (c *Client) RevokeToken(ctx context.Context, id string, w Write) error {
	return c.drop(ctx, path("tokens", id), nil, w, nil)
}
