package controlplane

import (
	"log/slog"
	"time"
)

// DefaultAuditRetention is how long the audit is kept where nothing else is said: a quarter.
const DefaultAuditRetention = 90 * 24 * time.Hour

// Config says how to open a Service. Only Store is needed.
type Config struct {
	Store          Store            // Close doesn't close it: who opened it does
	Logger         *slog.Logger     // nil: slog.Default()
	Clock          func() time.Time // nil: time.Now
	Replica        string           // this replica's name in logs and in the election; "": a random one
	AdminToken     string           // an admin token that must work; "": one is made at the store's first start
	AuditRetention time.Duration    // 0: DefaultAuditRetention
	Webhooks       WebhookSender    // nil: this replica delivers no webhooks
}

// Service is an open control plane. It is safe for concurrent use.
type Service struct {
	config Config
	store  Store
	log    *slog.Logger
}

// Status is what an operator wants to know of a replica.
type Status struct {
	Synced        bool          // it follows the store's changes
	Lag           time.Duration // for how long it has not followed them; 0 when it does
	StoreRevision int64         // up to which it has
	Store         Usage
	Environments  []EnvironmentStatus
	WebhookLeader bool // this replica delivers webhooks
}

// EnvironmentStatus is what an operator wants to know of an environment on a replica.
type EnvironmentStatus struct {
	Key             string
	Lineage         string
	Revision        int64
	Flags, Segments int
	SnapshotBytes   int           // 0: nobody asked for the newest snapshot yet
	SnapshotAge     time.Duration // since the newest change was applied
	Streams         int           // watchers
}

// WriteOptions go with every change.
type WriteOptions struct {
	By           string   // who, for the audit
	Reason       string   // why
	IfMatch      []string // versions, one of which must be the current one; "*": it must exist
	IfAbsent     bool     // it must not exist
	AllowMissing bool     // gates may name segments and parents that don't exist yet
	DryRun       bool     // check everything, write nothing
}

// At names a moment of an environment: a revision, or a time, or (zero) now.
type At struct {
	Revision int64
	Time     time.Time
}

func (at At) now() bool { return at.Revision == 0 && at.Time.IsZero() }
