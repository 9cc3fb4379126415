package apiclient

import (
	"context"
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// Session returns who the client's token is.
func (c *Client) Session(ctx context.Context) (s api.Session, err error) {
	return s, c.get(ctx, path("session"), nil, &s)
}

// SignIn begins a session, for a client whose HTTP keeps cookies and whose Token is "".
func (c *Client) SignIn(ctx context.Context, n api.NewSession) (s api.Session, err error) {
	return s, c.post(ctx, path("sessions"), n, WriteOptions{}, &s)
}

// SignOut ends the session.
func (c *Client) SignOut(ctx context.Context) error {
	return c.drop(ctx, path("session"), nil, WriteOptions{}, nil)
}

// CreateSignIn makes a one-time address, at which a browser signs in to the dashboard without the token.
func (c *Client) CreateSignIn(ctx context.Context) (s api.SignIn, err error) {
	return s, c.call(ctx, request{method: http.MethodPost, path: path("sessions", "secrets")}, &s)
}

// LoginPage returns where a person lets a program on their machine act for them. It needs no token.
func (c *Client) LoginPage(ctx context.Context) (p api.LoginPage, err error) {
	return p, c.get(ctx, path("logins"), nil, &p)
}

// CreateLogin makes a code for such a program, for a client that is signed in by SignIn.
func (c *Client) CreateLogin(ctx context.Context, n api.NewLogin) (l api.Login, err error) {
	return l, c.post(ctx, path("logins"), n, WriteOptions{}, &l)
}

// RedeemLogin returns the program's token, with its secret. It needs no token.
func (c *Client) RedeemLogin(ctx context.Context, l api.LoginCode) (t api.Token, err error) {
	return t, c.post(ctx, path("logins", "token"), l, WriteOptions{}, &t)
}
