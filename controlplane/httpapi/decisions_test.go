package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func TestDecisions(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	first, err := f.admin.Enable(ctx, "default", "x", flagset.ForGroup("staff"), apiclient.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.admin.Clear(ctx, "default", "x", flagset.Removal{}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	actor := "user:3"
	q := api.Query{Actor: &actor, Groups: []string{"staff"}}
	now, err := f.admin.Evaluate(ctx, "default", "x", q)
	if err != nil || now.Enabled {
		t.Errorf("%+v %v", now, err)
	}
	q.Revision = first.Revision
	then, err := f.admin.Explain(ctx, "default", "x", q)
	if err != nil || !then.Enabled || then.Gate != "group" || then.Target != "staff" || len(then.Steps) == 0 || then.Revision != first.Revision {
		t.Errorf("%+v %v", then, err)
	}
	inContext, err := f.admin.Evaluate(ctx, "default", "x", api.Query{Revision: first.Revision, Context: map[string]any{"targetingKey": "user:3", "groups": []string{"staff"}}})
	if err != nil || !inContext.Enabled {
		t.Errorf("%+v %v", inContext, err)
	}

	half := 0.5
	proposed := flagset.Flag{Key: "x", Gates: []flagset.Gate{{Type: flagset.PercentageOfActors, Ratio: &half}}}
	p, err := f.admin.Preview(ctx, "default", api.Proposal{Flag: proposed})
	if err != nil || p.Asked != 0 || len(p.Situations) != 2 || p.Situations[0].TurnOn != 32769./65536 || !p.Situations[0].Exact || p.Situations[0].TurnOff != 0 {
		t.Errorf("%+v %v", p, err)
	}
	one := "user:1"
	p, err = f.admin.Preview(ctx, "default", api.Proposal{Flag: proposed, Actors: []api.Query{{Actor: &one}}, Limit: 10})
	if err != nil || p.Asked != 1 {
		t.Errorf("%+v %v", p, err)
	}
	f.want(http.StatusOK, f.do(adminToken, "POST", "/v1/envs/default/preview", `{"flag": {"key": "x", "gates": []}, "actors": ["user:1", {"actor": "user:2", "context": {"plan": "pro"}}]}`))
	bad := f.want(http.StatusBadRequest, f.do(adminToken, "POST", "/v1/envs/default/preview", `{"flag": {"key": "x", "gates": [{"type": "actor"}]}}`))
	if !strings.Contains(string(bad.body), `"pointer":"/flag/gates/0/target"`) {
		t.Errorf("%s", bad)
	}
}
