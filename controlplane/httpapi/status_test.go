package httpapi_test

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// TestStatus: whoever may read something sees how the control plane is, and of environments only theirs.
func TestStatus(t *testing.T) {
	f := open(t, httpapi.Config{})
	if _, err := f.admin.CreateEnvironment(t.Context(), api.NewEnvironment{Key: "staging"}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	all, err := f.admin.Status(t.Context())
	if err != nil || len(all.Environments) != 2 || len(all.Replicas) != 1 || all.Replicas[0].Name != all.Replica || !all.Store.Synced || len(all.Degraded) != 0 {
		t.Errorf("%+v %v", all, err)
	}
	some, err := f.client(f.token(api.RoleViewer, "staging")).Status(t.Context())
	if err != nil || len(some.Environments) != 1 || some.Environments[0].Key != "staging" {
		t.Errorf("%+v %v", some, err)
	}
	f.want(403, f.do(f.token(api.RoleSDK), "GET", "/v1/status", nil))
}
