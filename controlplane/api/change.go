package api

import "encoding/json"

// These are the kinds and operations of a Change.
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

// Change says how one thing changed. Before and After are documents of the same form, but with only the members that
// differ and, of a flag's gates, only those that differ. If the thing was created or deleted, the document is complete.
type Change struct {
	Kind   string          `json:"kind" msgpack:"kind"`
	Key    string          `json:"key" msgpack:"key"`
	Op     string          `json:"op" msgpack:"op"`
	Before json.RawMessage `json:"before,omitempty" msgpack:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty" msgpack:"after,omitempty"`
	Lines  []string        `json:"lines" msgpack:"-"` // for people: "+ actor/user:42 on", "- percentage 25% of actors", "~ owner: ada → bob"
}
