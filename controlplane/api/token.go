package api

import (
	"slices"
	"time"
)

// Token is an API token. Only the response that creates it has its secret.
type Token struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Role     Role      `json:"role"`
	Envs     []string  `json:"envs"` // empty for all, and for what belongs to no environment
	Created  time.Time `json:"created,omitzero"`
	Expires  time.Time `json:"expires,omitzero"`   // absent for never
	LastUsed time.Time `json:"last_used,omitzero"` // absent for never
	By       string    `json:"by"`
	// ActsForOthers permits changes on behalf of others, whom the audit then shows beside the token's name.
	ActsForOthers bool   `json:"acts_for_others,omitempty"`
	Secret        string `json:"token,omitempty"`
}

// TokenList is every token.
type TokenList struct {
	Tokens []Token `json:"tokens"`
}

// NewToken is a token to create.
type NewToken struct {
	Name    string    `json:"name"`
	Role    Role      `json:"role"`
	Envs    []string  `json:"envs,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
	// ActsForOthers permits changes on behalf of others. No role has it by itself.
	ActsForOthers bool   `json:"acts_for_others,omitempty"`
	Secret        string `json:"-"` // 16 printable characters or more; "" to make one. Only a program that embeds the control plane can choose it
}

// Role says what a token may do.
type Role string

// These are the roles.
const (
	RoleAdmin  Role = "admin"  // everything
	RoleEditor Role = "editor" // reads and changes flags and segments
	RoleViewer Role = "viewer" // reads all of its environments, also snapshots, but neither tokens nor webhooks
	RoleSDK    Role = "sdk"    // snapshot, stream, usage
	RoleClient Role = "client" // evaluated values only
)

// Known reports whether it is one of the roles.
func (r Role) Known() bool { return permits[r] != nil }

// Permission is a kind of request.
type Permission string

// These are the permissions.
const (
	PermitAdmin    Permission = "admin"    // tokens, environments, webhooks, backup
	PermitWrite    Permission = "write"    // flags and segments
	PermitRead     Permission = "read"     // anything but secrets
	PermitSnapshot Permission = "snapshot" // snapshot and stream
	PermitUsage    Permission = "usage"    // reporting usage
	PermitEvaluate Permission = "evaluate" // evaluated values
)

// permits are what the roles may do.
var permits = map[Role][]Permission{
	RoleAdmin:  {PermitAdmin, PermitWrite, PermitRead, PermitSnapshot, PermitUsage, PermitEvaluate},
	RoleEditor: {PermitWrite, PermitRead, PermitSnapshot, PermitUsage, PermitEvaluate},
	RoleViewer: {PermitRead, PermitSnapshot, PermitEvaluate},
	RoleSDK:    {PermitSnapshot, PermitUsage, PermitEvaluate},
	RoleClient: {PermitEvaluate},
}

// Allows reports whether the token may do something in an environment. "" stands for what belongs to no environment,
// such as creating environments, which only a token for all environments may do.
func (t Token) Allows(p Permission, env string) bool {
	if !slices.Contains(permits[t.Role], p) {
		return false
	}
	return len(t.Envs) == 0 || env != "" && slices.Contains(t.Envs, env)
}

// AllowsAnywhere reports whether the token may do something in any environment, or in all.
func (t Token) AllowsAnywhere(p Permission) bool {
	return t.Allows(p, "") || slices.ContainsFunc(t.Envs, func(env string) bool { return t.Allows(p, env) })
}
