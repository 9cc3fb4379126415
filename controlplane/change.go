package controlplane

import (
	"encoding/json"

	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// Kinds and operations of a Change.
const (
	KindFlag        = "flag"
	KindSegment     = "segment"
	KindEnvironment = "environment" // its settings and description
	KindToken       = "token"
	KindWebhook     = "webhook"

	OpCreate = "create"
	OpUpdate = "update"
	OpDelete = "delete"
)

// Change is what became of one thing. Before and After are documents of the same form with the members that differ; of a
// flag's gates they hold those that differ. A thing that is created or deleted is there as a whole.
type Change struct {
	Kind   string          `json:"kind"`
	Key    string          `json:"key"`
	Op     string          `json:"op"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	Lines  []string        `json:"lines"` // for people: "+ actor/user:42 on", "- percentage 25% of actors", "~ owner: ada → bob"
}

// Difference is what a change of many things did, or would do.
type Difference struct {
	Revision int64 // of the environment afterwards
	Written  bool  // false: a dry run, or nothing differed
	Changes  []Change
	Warnings []snapshot.Problem
}
