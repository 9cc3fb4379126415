package apiclient

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Query says for whom and when to decide.
type Query struct {
	Actor    *string        `json:"actor,omitempty"` // the targeting key; if absent, the context's targetingKey
	Groups   []string       `json:"groups,omitempty"`
	Context  map[string]any `json:"context,omitempty"`
	Now      time.Time      `json:"now,omitzero"`      // if absent, the time of revision or time, or else the server's
	Roll     *uint64        `json:"roll,omitempty"`    // chance; random if absent
	Revision int64          `json:"revision,omitzero"` // the flags as of this revision
	Time     time.Time      `json:"time,omitzero"`     // the flags as of this time
}

// Evaluation is a decision.
type Evaluation struct {
	Key         string          `json:"key"`
	Environment string          `json:"environment"`
	Revision    int64           `json:"revision"`
	Known       bool            `json:"known"`
	Enabled     bool            `json:"enabled"`
	Killed      bool            `json:"killed"`
	Reason      string          `json:"reason"`
	Gate        string          `json:"gate,omitempty"`   // the gate that decided; absent for none
	Target      string          `json:"target,omitempty"` // that gate's target
	Score       *float64        `json:"score,omitempty"`
	Variant     *string         `json:"variant,omitempty"`
	Payload     json.RawMessage `json:"payload,omitempty"`
}

// Explanation is a decision with every gate that the engine looked at.
type Explanation struct {
	Evaluation
	Steps []controlplane.Step `json:"steps"`
}

// Proposal is a flag as it might be written, and the actors to compare it for.
type Proposal struct {
	Flag   flagset.Flag `json:"flag"`
	Delete bool         `json:"delete,omitempty"` // delete the flag instead
	Actors []Query      `json:"actors,omitempty"`
	Sample int          `json:"sample,omitempty"` // compare this many made-up ids too; without actors, 0 means 10,000
	Now    time.Time    `json:"now,omitzero"`
	Limit  int          `json:"limit,omitempty"` // how many changes to list
}

// Preview says which actors would get another decision.
type Preview struct {
	Asked          int                 `json:"asked"`
	TurnOn         int                 `json:"turn_on"`
	TurnOff        int                 `json:"turn_off"`
	VariantChanged int                 `json:"variant_changed"`
	Dependants     map[string]int      `json:"dependants"` // for each flag that needs this one, how many actors it changes for
	Changes        []PreviewChange     `json:"changes"`
	Difference     controlplane.Change `json:"difference"`
	Problems       []Problem           `json:"problems"`
}

// PreviewChange is how the decision for one actor changes.
type PreviewChange struct {
	Flag   string     `json:"flag"`
	Actor  string     `json:"actor"`
	Before Evaluation `json:"before"`
	After  Evaluation `json:"after"`
}

// Evaluate decides a flag.
func (c *Client) Evaluate(ctx context.Context, env, key string, q Query) (e Evaluation, err error) {
	return e, c.post(ctx, path("envs", env, "flags", key, "evaluate"), q, Write{}, &e)
}

// Explain decides a flag and says why.
func (c *Client) Explain(ctx context.Context, env, key string, q Query) (e Explanation, err error) {
	return e, c.post(ctx, path("envs", env, "flags", key, "explain"), q, Write{}, &e)
}

// Preview compares decisions before and after a change, and doesn't make the change.
func (c *Client) Preview(ctx context.Context, env string, p Proposal) (result Preview, err error) {
	return result, c.post(ctx, path("envs", env, "preview"), p, Write{}, &result)
}
