package main

import (
	"context"
	"encoding/json"

	"github.com/open-feature/flagd/core/pkg/evaluator"
	"github.com/open-feature/flagd/core/pkg/logger"
	"github.com/open-feature/flagd/core/pkg/store"
	"github.com/open-feature/flagd/core/pkg/sync"
	"go.uber.org/zap"

	"github.com/gonfalon-flags/gonfalon/benchmarks/workload"
)

func flagdCore(string) (*library, error) {
	all := object{}
	each(flags, func(kind, i int, key string) {
		f := object{"state": "ENABLED", "variants": object{"on": true, "off": false}, "defaultVariant": "off"}
		by := object{"cat": []any{object{"var": "$flagd.flagKey"}, object{"var": "targetingKey"}}}
		switch kind {
		case 0:
			f["defaultVariant"] = "on"
		case 1:
			f["targeting"] = object{"if": []any{object{"in": []any{object{"var": "targetingKey"}, listed()}}, "on", "off"}}
		case 2:
			f["targeting"] = object{"fractional": []any{by, []any{"on", 25}, []any{"off", 75}}}
		case 3:
			f["targeting"] = object{"if": []any{object{"and": []any{
				object{"==": []any{object{"var": "country"}, "DE"}}, object{">=": []any{object{"var": "age"}, 18}}, object{"in": []any{object{"var": "plan"}, []string{"pro", "team", "enterprise"}}},
			}}, object{"fractional": []any{by, []any{"on", 50}, []any{"off", 50}}}, "off"}}
		case 4:
			f["variants"] = object{"blue": "blue", "green": "green", "red": "red", "white": "white"}
			f["defaultVariant"] = "white"
			f["targeting"] = object{"fractional": []any{by, []any{"blue", 40}, []any{"green", 30}, []any{"red", 20}, []any{"white", 10}}}
		}
		all[key] = f
	})
	data, err := json.Marshal(object{"flags": all})
	if err != nil {
		return nil, err
	}
	quiet := logger.NewLogger(zap.NewNop(), false)
	s, err := store.NewStore(quiet, []string{"rivals"})
	if err != nil {
		return nil, err
	}
	e := evaluator.NewJSON(quiet, s, evaluator.WithEvaluator(evaluator.FractionEvaluationName, evaluator.NewFractional(quiet).Evaluate))
	if err := e.SetState(sync.DataSync{FlagData: string(data), Source: "rivals"}); err != nil {
		return nil, err
	}
	contexts := make([]map[string]any, users)
	for i := range contexts {
		contexts[i] = workload.Attributes()
		contexts[i]["targetingKey"] = workload.User(i)
	}
	ctx := context.Background()
	return &library{
		flags: flags, close: func() {},
		ask: func(kind int, key string, user int) (bool, string) {
			if kind == 4 {
				v, _, _, _, _ := e.ResolveStringValue(ctx, "", key, contexts[user])
				return true, v
			}
			v, _, _, _, _ := e.ResolveBooleanValue(ctx, "", key, contexts[user])
			return v, ""
		},
		all: func(user int) int {
			values, _, _ := e.ResolveAllValues(ctx, "", contexts[user])
			return len(values)
		},
	}, nil
}
