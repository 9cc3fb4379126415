package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	unleash "github.com/Unleash/unleash-go-sdk/v5"
	unleashcontext "github.com/Unleash/unleash-go-sdk/v5/context"

	"github.com/gonfalon-flags/gonfalon/benchmarks/workload"
)

// served answers every request with the same bytes, without a network.
type served []byte

func (s served) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		return nil, errors.New("offline")
	}
	return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Request: r, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(s))}, nil
}

func unleashSDK(dir string) (*library, error) {
	features := []object{}
	each(flags, func(kind, i int, key string) { features = append(features, unleashFeature(kind, key)) })
	data, err := json.Marshal(object{"version": 2, "features": features})
	if err != nil {
		return nil, err
	}
	c, err := unleash.NewClient(
		unleash.WithUrl("http://unleash.invalid/api/"), unleash.WithAppName("rivals"), unleash.WithDisableMetrics(true), unleash.WithRefreshInterval(time.Hour),
		unleash.WithHttpClient(&http.Client{Transport: served(data)}), unleash.WithBackupPath(dir), unleash.WithListener(&unleash.NoopListener{}),
	)
	if err != nil {
		return nil, err
	}
	c.WaitForReady()
	enabled, variants := make([]unleash.FeatureOption, users), make([]unleash.VariantOption, users)
	for i := range enabled {
		context := unleashcontext.Context{UserId: workload.User(i), Properties: map[string]string{"age": "34", "beta": "true", "country": "DE", "email": "jo@example.com", "plan": "team"}}
		enabled[i], variants[i] = unleash.WithContext(context), unleash.WithVariantContext(context)
	}
	keys := keys(flags)
	return &library{
		flags: flags, close: func() { c.Close() },
		ask: func(kind int, key string, user int) (bool, string) {
			if kind == 4 {
				return true, c.GetVariant(key, variants[user]).Name
			}
			return c.IsEnabled(key, enabled[user]), ""
		},
		all: func(user int) int {
			for i, key := range keys {
				if i < flags/workload.Kinds*4 {
					c.IsEnabled(key, enabled[user])
				} else {
					c.GetVariant(key, variants[user])
				}
			}
			return len(keys)
		},
	}, nil
}

// unleashFeature returns the feature that stands for a flag of this kind.
func unleashFeature(kind int, key string) object {
	rollout := func(percent string) object {
		return object{"name": "flexibleRollout", "parameters": object{"rollout": percent, "stickiness": "userId", "groupId": key}}
	}
	feature := object{"name": key, "enabled": true, "strategies": []object{{"name": "default"}}}
	switch kind {
	case 1:
		feature["strategies"] = []object{{"name": "userWithId", "parameters": object{"userIds": strings.Join(listed(), ",")}}}
	case 2:
		feature["strategies"] = []object{rollout("25")}
	case 3:
		strategy := rollout("50")
		strategy["constraints"] = []object{
			{"contextName": "country", "operator": "IN", "values": []string{"DE"}},
			{"contextName": "age", "operator": "NUM_GTE", "value": "18"},
			{"contextName": "plan", "operator": "IN", "values": []string{"pro", "team", "enterprise"}},
		}
		feature["strategies"] = []object{strategy}
	case 4:
		variants := []object{}
		for name, weight := range map[string]int{"blue": 400, "green": 300, "red": 200, "white": 100} {
			variants = append(variants, object{"name": name, "weight": weight, "weightType": "variable", "stickiness": "userId"})
		}
		feature["variants"] = variants
	}
	return feature
}
