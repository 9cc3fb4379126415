package gonfalon

import (
	"context"
	"log/slog"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// Hook has the functions that a client calls when something happens. Each may be nil. If one panics, that is logged.
type Hook struct {
	// Evaluated is called after each decision, on the caller's goroutine, before the call returns.
	Evaluated func(Evaluation)
	// Changed is called after each change of state or flags, in order, from one goroutine of the client.
	Changed func(Event)
}

// Evaluation is one decision, as a hook sees it.
type Evaluation struct {
	Context  context.Context // the one that was passed to Remember, or context.Background()
	Decision Decision
	Actor    string // the key; empty if there was none
}

// These are the names of OpenTelemetry's semantic conventions for evaluations.
const (
	EvaluationEvent    = "feature_flag.evaluation"
	AttributeKey       = "feature_flag.key"
	AttributeVariant   = "feature_flag.result.variant"
	AttributeValue     = "feature_flag.result.value"
	AttributeReason    = "feature_flag.result.reason"
	AttributeProvider  = "feature_flag.provider.name"
	AttributeContextID = "feature_flag.context.id"
	AttributeVersion   = "feature_flag.version"
	AttributeErrorType = "error.type"
	ProviderName       = "gonfalon"
)

const attributeRoom = 8

// Attributes returns the evaluation under OpenTelemetry's names, for the event EvaluationEvent.
func (e *Evaluation) Attributes() []slog.Attr {
	r := e.Decision.Resolve()
	attrs := append(make([]slog.Attr, 0, attributeRoom), slog.String(AttributeKey, e.Decision.Key), slog.String(AttributeProvider, ProviderName))
	attrs = append(attrs, slog.String(AttributeReason, strings.ToLower(r.Reason)))
	switch {
	case e.Decision.Variant != "":
		attrs = append(attrs, slog.String(AttributeVariant, r.Variant))
	case r.Value != nil:
		attrs = append(attrs, slog.Any(AttributeValue, r.Value))
	}
	if e.Actor != "" {
		attrs = append(attrs, slog.String(AttributeContextID, e.Actor))
	}
	if e.Decision.Reason != engine.ReasonNotReady {
		attrs = append(attrs, slog.Int64(AttributeVersion, e.Decision.Revision))
	}
	if r.Error != "" {
		attrs = append(attrs, slog.String(AttributeErrorType, strings.ToLower(r.Error)))
	}
	return attrs
}

// LogHook returns a hook that logs each evaluation at debug level, under OpenTelemetry's names.
func LogHook(logger *slog.Logger) Hook {
	return Hook{Evaluated: func(e Evaluation) {
		if logger.Enabled(e.Context, slog.LevelDebug) {
			logger.LogAttrs(e.Context, slog.LevelDebug, EvaluationEvent, e.Attributes()...)
		}
	}}
}

// observe tells the hooks of a decision; g is nil if no snapshot could decide, and err says why.
func (c *Client) observe(g *generation, key string, q *query, d *engine.Decision, err error) {
	e := Evaluation{Context: context.Background(), Decision: g.decision(key, d, err)}
	if q.in.Presence == engine.Keyed {
		e.Actor = q.in.Actor
	}
	if q.scope != nil {
		e.Context = q.scope.ctx
	}
	for _, hook := range c.config.Hooks {
		if hook.Evaluated != nil {
			c.guard("a hook", func() { hook.Evaluated(e) })
		}
	}
}
