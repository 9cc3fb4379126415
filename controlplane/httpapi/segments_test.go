package httpapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func TestSegments(t *testing.T) {
	f := open(t, httpapi.Config{})
	ctx := t.Context()
	const at = "/v1/envs/default/segments/premium_us"
	f.want(http.StatusCreated, f.do(adminToken, "PUT", at, `{"constraints": [{"attribute": "plan", "operator": "in", "values": ["pro"]}], "reason": "why"}`))
	got := f.want(http.StatusOK, f.do(adminToken, "GET", at, nil))
	f.want(http.StatusOK, f.do(adminToken, "PUT", at, string(got.body), "If-Match", got.header.Get("ETag")))
	f.want(http.StatusNotModified, f.do(adminToken, "GET", at, nil, "If-None-Match", got.header.Get("ETag")))
	if _, err := f.admin.Enable(ctx, "default", "x", flagset.ForSegment("premium_us"), apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	refused := f.want(http.StatusConflict, f.do(adminToken, "DELETE", at, nil))
	var e apiclient.Error
	refused.into(t, &e)
	if e.Type != "/problems/in-use" || len(e.Users) != 1 || !strings.Contains(e.Users[0], "x") {
		t.Errorf("%s doesn't name the flag", refused)
	}
	all, err := f.admin.Segments(ctx, "default")
	if err != nil || len(all) != 1 || !slices.Equal(all[0].Users, []string{"x"}) {
		t.Errorf("%+v %v", all, err)
	}
	if one, err := f.admin.Segment(ctx, "default", "premium_us"); err != nil || one.Version != all[0].Version {
		t.Errorf("%+v %v", one, err)
	}
	if _, err := f.admin.Clear(ctx, "default", "x", flagset.Removal{}, apiclient.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := f.admin.DeleteSegment(ctx, "default", "premium_us", apiclient.WriteOptions{Reason: "unused"}); err != nil {
		t.Error(err)
	}
}
