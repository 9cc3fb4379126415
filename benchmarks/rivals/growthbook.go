package main

import (
	"context"
	"encoding/json"
	"log/slog"

	gb "github.com/growthbook/growthbook-golang"

	"github.com/gonfalon-flags/gonfalon/benchmarks/workload"
)

type object = map[string]any

func growthbookSDK(string) (*library, error) {
	features := object{}
	each(flags, func(kind, i int, key string) {
		switch kind {
		case 0:
			features[key] = object{"defaultValue": true}
		case 1:
			features[key] = object{"defaultValue": false, "rules": []any{object{"condition": object{"id": object{"$in": listed()}}, "force": true}}}
		case 2:
			features[key] = object{"defaultValue": false, "rules": []any{object{"force": true, "coverage": 0.25, "hashAttribute": "id"}}}
		case 3:
			features[key] = object{"defaultValue": false, "rules": []any{object{
				"condition": object{"country": "DE", "age": object{"$gte": 18}, "plan": object{"$in": []string{"pro", "team", "enterprise"}}},
				"force":     true, "coverage": 0.5, "hashAttribute": "id",
			}}}
		case 4:
			features[key] = object{"defaultValue": "white", "rules": []any{object{
				"variations": []string{"blue", "green", "red", "white"}, "weights": []float64{0.4, 0.3, 0.2, 0.1}, "hashAttribute": "id",
			}}}
		}
	})
	data, err := json.Marshal(features)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	c, err := gb.NewClient(ctx, gb.WithJsonFeatures(string(data)), gb.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, err
	}
	clients := make([]*gb.Client, users)
	for i := range clients {
		attributes := gb.Attributes(workload.Attributes())
		attributes["id"] = workload.User(i)
		if clients[i], err = c.WithAttributes(attributes); err != nil {
			return nil, err
		}
	}
	keys := keys(flags)
	return &library{
		flags: flags, close: func() { c.Close() },
		ask: func(kind int, key string, user int) (bool, string) {
			r := clients[user].EvalFeature(ctx, key)
			if kind == 4 {
				v, _ := r.Value.(string)
				return true, v
			}
			return r.On, ""
		},
		all: func(user int) int {
			for _, key := range keys {
				clients[user].EvalFeature(ctx, key)
			}
			return len(keys)
		},
	}, nil
}

// each iterates over the flags of a set of n.
func each(n int, f func(kind, i int, key string)) {
	for kind := range workload.Kinds {
		for i := range n / workload.Kinds {
			f(kind, i, workload.Key(kind, i))
		}
	}
}

func keys(n int) (all []string) {
	each(n, func(_, _ int, key string) { all = append(all, key) })
	return all
}

// listed returns the users of W2.
func listed() []string {
	all := make([]string, workload.Listed)
	for i := range all {
		all[i] = workload.User(i)
	}
	return all
}
