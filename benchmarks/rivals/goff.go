package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	ffclient "github.com/thomaspoignant/go-feature-flag"
	"github.com/thomaspoignant/go-feature-flag/modules/core/ffcontext"
	"github.com/thomaspoignant/go-feature-flag/retriever/fileretriever"

	"github.com/gonfalon-flags/gonfalon/benchmarks/workload"
)

func goffSDK(dir string) (*library, error) {
	all := object{}
	each(flags, func(kind, i int, key string) {
		f := object{"variations": object{"on": true, "off": false}, "defaultRule": object{"variation": "off"}, "trackEvents": false}
		switch kind {
		case 0:
			f["defaultRule"] = object{"variation": "on"}
		case 1:
			f["targeting"] = []object{{"name": "listed", "query": `key in ["` + strings.Join(listed(), `","`) + `"]`, "variation": "on"}}
		case 2:
			f["defaultRule"] = object{"percentage": object{"on": 25, "off": 75}}
		case 3:
			f["targeting"] = []object{{"name": "rule", "query": `(country eq "DE") and (age ge 18) and (plan in ["pro","team","enterprise"])`, "percentage": object{"on": 50, "off": 50}}}
		case 4:
			f["variations"] = object{"blue": "blue", "green": "green", "red": "red", "white": "white"}
			f["defaultRule"] = object{"percentage": object{"blue": 40, "green": 30, "red": 20, "white": 10}}
		}
		all[key] = f
	})
	data, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "goff.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return nil, err
	}
	c, err := ffclient.New(ffclient.Config{PollingInterval: time.Hour, FileFormat: "json", Retriever: &fileretriever.Retriever{Path: path}})
	if err != nil {
		return nil, err
	}
	contexts := make([]ffcontext.Context, users)
	for i := range contexts {
		b := ffcontext.NewEvaluationContextBuilder(workload.User(i))
		for name, value := range workload.Attributes() {
			if n, ok := value.(int64); ok {
				value = int(n)
			}
			b = b.AddCustom(name, value)
		}
		contexts[i] = b.Build()
	}
	return &library{
		flags: flags, close: c.Close,
		ask: func(kind int, key string, user int) (bool, string) {
			if kind == 4 {
				v, _ := c.StringVariation(key, contexts[user], "")
				return true, v
			}
			v, _ := c.BoolVariation(key, contexts[user], false)
			return v, ""
		},
		all: func(user int) int {
			state := c.AllFlagsState(contexts[user])
			return len(state.GetFlags())
		},
	}, nil
}
