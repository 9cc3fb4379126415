package controlplane

import "time"

// Role says what a token may do.
type Role string

// The roles.
const (
	RoleAdmin  Role = "admin"  // everything
	RoleEditor Role = "editor" // reads and changes flags and segments
	RoleViewer Role = "viewer" // reads, snapshots too
	RoleSDK    Role = "sdk"    // snapshot, stream, usage
	RoleClient Role = "client" // evaluated values only
)

// Permission is a kind of request.
type Permission string

// The permissions.
const (
	PermitAdmin    Permission = "admin"    // tokens, environments, webhooks, backup
	PermitWrite    Permission = "write"    // flags and segments
	PermitRead     Permission = "read"     // anything but secrets
	PermitSnapshot Permission = "snapshot" // snapshot and stream
	PermitUsage    Permission = "usage"    // reporting it
	PermitEvaluate Permission = "evaluate" // evaluated values
)

// Token is an API token, without its secret, of which only a SHA-256 is kept.
type Token struct {
	ID, Name string
	Role     Role
	Envs     []string // empty: all environments, and what belongs to none
	Created  time.Time
	Expires  time.Time // zero: never
	LastUsed time.Time // to about a minute; zero: never
	By       string
}

// NewToken says what token to create.
type NewToken struct {
	Name    string
	Role    Role
	Envs    []string
	Expires time.Time // zero: never
	Secret  string    // 16 printable characters or more; "": one is made
}
