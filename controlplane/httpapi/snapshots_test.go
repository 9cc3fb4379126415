package httpapi_test

import (
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func TestUsage(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	for _, key := range []string{"used", "unused"} {
		if _, err := f.admin.Enable(ctx, "default", key, flagset.Scope{}, apiclient.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	sdk := f.client(f.token(api.RoleSDK, "default"))
	if err := sdk.ReportUsage(ctx, "default", api.Usage{Flags: map[string]api.FlagUsage{"used": {Count: 12, Last: time.Now()}}}); err != nil {
		t.Fatal(err)
	}
	used, err := f.admin.Flag(ctx, "default", "used")
	if err != nil || used.Evaluations != 12 || used.LastEvaluated.IsZero() {
		t.Errorf("%+v %v", used.FlagInfo, err)
	}
	page, err := f.admin.Flags(ctx, "default", apiclient.FlagQuery{Stale: "0s"})
	if err != nil || page.Total != 2 {
		t.Errorf("%+v %v", page, err)
	}
}
