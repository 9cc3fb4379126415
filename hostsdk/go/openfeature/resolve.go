package openfeature

import (
	"context"
	"fmt"

	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
	of "github.com/open-feature/go-sdk/openfeature"
)

// BooleanEvaluation answers for a flag without variants, or for one whose payloads are booleans.
func (p *Provider) BooleanEvaluation(ctx context.Context, flag string, fallback bool, flat of.FlattenedContext) of.BoolResolutionDetail {
	return resolve(ctx, p, flag, fallback, flat, is[bool])
}

// StringEvaluation answers with a payload that is a string, or with the name of a variant without one.
func (p *Provider) StringEvaluation(ctx context.Context, flag string, fallback string, flat of.FlattenedContext) of.StringResolutionDetail {
	return resolve(ctx, p, flag, fallback, flat, is[string])
}

// FloatEvaluation answers with a payload that is a number.
func (p *Provider) FloatEvaluation(ctx context.Context, flag string, fallback float64, flat of.FlattenedContext) of.FloatResolutionDetail {
	return resolve(ctx, p, flag, fallback, flat, func(v any) (float64, bool) {
		if n, ok := v.(int64); ok {
			return float64(n), true
		}
		return is[float64](v)
	})
}

// IntEvaluation answers with a payload that is a number without a fraction.
func (p *Provider) IntEvaluation(ctx context.Context, flag string, fallback int64, flat of.FlattenedContext) of.IntResolutionDetail {
	return resolve(ctx, p, flag, fallback, flat, is[int64])
}

// ObjectEvaluation answers with a payload that is an object, as a map[string]any of bool, string, int64, float64,
// []any, map and nil.
func (p *Provider) ObjectEvaluation(ctx context.Context, flag string, fallback any, flat of.FlattenedContext) of.InterfaceResolutionDetail {
	return resolve(ctx, p, flag, fallback, flat, func(v any) (any, bool) {
		object, ok := v.(map[string]any)
		return object, ok
	})
}

func is[T any](v any) (T, bool) {
	t, ok := v.(T)
	return t, ok
}

// resolve decides, and makes a T of the value.
func resolve[T any](ctx context.Context, p *Provider, flag string, fallback T, flat of.FlattenedContext, typed func(any) (T, bool)) of.GenericResolutionDetail[T] {
	d := p.flags.Decide(flag, gonfalon.From(ctx), gonfalon.ContextOf(flat))
	r := d.Resolve()
	detail := of.GenericResolutionDetail[T]{Value: fallback}
	detail.Reason, detail.Variant, detail.FlagMetadata = of.Reason(r.Reason), r.Variant, d.Metadata()
	if p.flags.State() == gonfalon.Stale {
		detail.FlagMetadata["stale"] = true
	}
	switch value, ok := typed(r.Value); {
	case r.Error == gonfalon.ErrorFlagNotFound:
		detail.ResolutionError = of.NewFlagNotFoundResolutionError(fmt.Sprintf("flag %s not found", flag))
	case r.Error == gonfalon.ErrorInvalidContext:
		detail.ResolutionError = of.NewInvalidContextResolutionError(d.Err.Error())
	case r.Error == gonfalon.ErrorGeneral:
		detail.ResolutionError = of.NewGeneralResolutionError(d.Err.Error())
	case r.Error != "":
		detail.ResolutionError = of.NewProviderNotReadyResolutionError("no snapshot yet")
	case r.Value == nil: // the caller's default, and no error
	case ok:
		detail.Value = value
	default:
		detail.Reason = of.ErrorReason
		detail.ResolutionError = of.NewTypeMismatchResolutionError(fmt.Sprintf("flag %s has a value of type %s, not %s", flag, kind(r.Value), kind(any(fallback))))
	}
	return detail
}

// kind names a value's type as OpenFeature does.
func kind(v any) string {
	switch v.(type) {
	case bool:
		return "boolean"
	case string:
		return "string"
	case int64:
		return "integer"
	case float64:
		return "float"
	}
	return "object"
}
