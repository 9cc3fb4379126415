package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	devcycle "github.com/devcyclehq/go-server-sdk/v2"

	"github.com/gonfalon-flags/gonfalon/benchmarks/workload"
)

// devcycleFlags is how many flags DevCycle's SDK can load in reasonable time, which grows with the square of their
// number.
const devcycleFlags = 200

// devcycleConfig returns a feature with one variable for each flag.
func devcycleConfig() ([]byte, error) {
	var features, variables []object
	each(devcycleFlags, func(kind, i int, key string) {
		id := func(what string) string { return fmt.Sprintf("%s_%s", key, what) }
		variation := func(name string, value any) object {
			return object{"_id": id(name), "key": name, "name": name, "variables": []object{{"_var": id("variable"), "value": value}}}
		}
		everybody := object{"type": "all", "filters": []any{}, "values": []any{}}
		target := func(name string, filters []object, shares ...any) object {
			var distribution []object
			for k := 0; k < len(shares); k += 2 {
				distribution = append(distribution, object{"_variation": id(shares[k].(string)), "percentage": shares[k+1]})
			}
			return object{"_id": id("target" + name), "_audience": object{"_id": id("audience" + name), "filters": object{"operator": "and", "filters": filters}}, "distribution": distribution}
		}
		all, kindOf := []object{everybody}, "Boolean"
		variations := []object{variation("on", true), variation("off", false)}
		var targets []object
		switch kind {
		case 0:
			targets = []object{target("", all, "on", 1)}
		case 1:
			targets = []object{target("", []object{{"type": "user", "subType": "user_id", "comparator": "=", "values": listed()}}, "on", 1), target("else", all, "off", 1)}
		case 2:
			targets = []object{target("", all, "on", 0.25, "off", 0.75)}
		case 3:
			custom := func(name, kind, comparator string, values ...any) object {
				return object{"type": "user", "subType": "customData", "dataKey": name, "dataKeyType": kind, "comparator": comparator, "values": values}
			}
			targets = []object{target("", []object{
				{"type": "user", "subType": "country", "comparator": "=", "values": []string{"DE"}}, custom("age", "Number", ">=", 18), custom("plan", "String", "=", "pro", "team", "enterprise"),
			}, "on", 0.5, "off", 0.5), target("else", all, "off", 1)}
		case 4:
			kindOf, variations = "String", nil
			for _, name := range []string{"blue", "green", "red", "white"} {
				variations = append(variations, variation(name, name))
			}
			targets = []object{target("", all, "blue", 0.4, "green", 0.3, "red", 0.2, "white", 0.1)}
		}
		features = append(features, object{"_id": id("feature"), "key": key, "type": "release", "variations": variations, "configuration": object{"_id": id("configuration"), "targets": targets, "forcedUsers": object{}}})
		variables = append(variables, object{"_id": id("variable"), "key": key, "type": kindOf})
	})
	return json.Marshal(object{
		"project":     object{"_id": "project", "key": "rivals", "a0_organization": "org", "settings": object{"edgeDB": object{"enabled": false}, "optIn": object{"enabled": false, "colors": object{"primary": "#000000", "secondary": "#000000"}}}},
		"environment": object{"_id": "environment", "key": "bench"}, "features": features, "variables": variables, "variableHashes": object{},
	})
}

func devcycleSDK(string) (*library, error) {
	data, err := devcycleConfig()
	if err != nil {
		return nil, err
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", "rivals")
		w.Write(data)
	}))
	c, err := devcycle.NewClient("server-rivals", &devcycle.Options{
		ConfigCDNURI: server.URL, EventsAPIURI: server.URL, ConfigPollingIntervalMS: time.Hour, EventFlushIntervalMS: time.Minute, DisableAutomaticEventLogging: true,
		DisableCustomEventLogging: true, DisableRealtimeUpdates: true, Logger: devcycle.DiscardLogger{},
	})
	if err != nil {
		return nil, err
	}
	everybody := make([]devcycle.User, users)
	for i := range everybody {
		everybody[i] = devcycle.User{UserId: workload.User(i), Country: "DE", Email: "jo@example.com", CustomData: map[string]any{"age": 34.0, "plan": "team", "beta": true}}
	}
	if _, err := c.Variable(everybody[0], workload.Key(0, 0), false); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &library{
		flags: devcycleFlags, close: func() { c.Close(); server.Close() },
		ask: func(kind int, key string, user int) (bool, string) {
			if kind == 4 {
				v, _ := c.VariableValue(everybody[user], key, "")
				name, _ := v.(string)
				return true, name
			}
			v, _ := c.VariableValue(everybody[user], key, false)
			on, _ := v.(bool)
			return on, ""
		},
		all: func(user int) int {
			all, _ := c.AllVariables(everybody[user])
			return len(all)
		},
	}, nil
}
