package api

import "time"

// Session is somebody who is signed in to the dashboard with a token, and what the dashboard shows to everybody.
type Session struct {
	ID           string    `json:"id,omitempty"` // absent for a request with the token itself
	Token        string    `json:"token"`        // the id of the token
	Name         string    `json:"name"`         // the token's, which the audit shows
	Role         Role      `json:"role"`
	Environments []string  `json:"environments"` // empty for all, and for what belongs to no environment
	Created      time.Time `json:"created,omitzero"`
	Expires      time.Time `json:"expires,omitzero"` // absent for never
	Dashboard
}

// Dashboard is what the operator of the server says about the dashboard.
type Dashboard struct {
	ReadOnly   bool              `json:"read_only"`           // sessions may change nothing
	Production []string          `json:"production"`          // environments in which a change is a serious matter
	Colors     map[string]string `json:"colors,omitempty"`    // by environment, such as #7c1d3f
	Banner     string            `json:"banner,omitempty"`    // a line above every page
	ActorURL   string            `json:"actor_url,omitempty"` // the app's own page of an actor, which {actor} stands for
}

// NewSession signs in, either with a token or with the secret of a one-time address.
type NewSession struct {
	Token  string `json:"token,omitempty"`
	Secret string `json:"secret,omitempty"`
}

// SignIn is an address at which a browser can sign in once, without the token.
type SignIn struct {
	Secret  string    `json:"secret"`
	Address string    `json:"address"` // relative to the API's: its fragment is the secret, which browsers don't send
	Expires time.Time `json:"expires"`
}
