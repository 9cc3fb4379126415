package httpapi_test

import (
	"strconv"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// TestEveryWriteIsAnsweredWithItsRevision, so that a program can wait until a client serves it.
func TestEveryWriteIsAnsweredWithItsRevision(t *testing.T) {
	f := open(t, httpapi.Config{})
	last := int64(0)
	for _, w := range []struct{ method, path, body string }{
		{"PUT", "/v1/envs/default/flags/f", `{"gates": []}`},
		{"POST", "/v1/envs/default/flags/f/enable", `{}`},
		{"POST", "/v1/envs/default/flags/f/kill", `{}`},
		{"DELETE", "/v1/envs/default/flags/f", ""},
		{"PUT", "/v1/envs/default/segments/s", `{"constraints": [{"attribute": "plan", "operator": "in", "values": ["pro"]}]}`},
		{"DELETE", "/v1/envs/default/segments/s", ""},
		{"PATCH", "/v1/envs/default", `{"description": "d"}`},
		{"POST", "/v1/envs/default/import", `{"flags": [{"key": "g"}]}`},
		{"POST", "/v1/envs/default/rollback", `{"revision": 2}`},
	} {
		var body any
		if w.body != "" {
			body = w.body
		}
		a := f.do(adminToken, w.method, w.path, body)
		now, err := strconv.ParseInt(a.header.Get("X-Gonfalon-Revision"), 10, 64)
		if a.status >= 300 || err != nil || now <= last {
			t.Errorf("%s %s: %d, revision %q after %d: %s", w.method, w.path, a.status, a.header.Get("X-Gonfalon-Revision"), last, a.body)
		}
		last = now
	}
}

// TestADryRunSaysWhichVersionItIsAbout, so that what a person has looked at is what happens, or else is refused.
func TestADryRunSaysWhichVersionItIsAbout(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.want(201, f.do(adminToken, "POST", "/v1/envs", `{"key": "other"}`))
	f.want(201, f.do(adminToken, "PUT", "/v1/envs/other/flags/f", `{"gates": []}`))
	for _, act := range []struct{ path, body string }{
		{"/v1/envs/default/copy", `{"from": "other"}`},
		{"/v1/envs/default/rollback", `{"revision": 1}`},
		{"/v1/envs/default/import", `{"flags": [{"key": "g"}]}`},
	} {
		seen := f.want(200, f.do(adminToken, "POST", act.path+"?dry_run=true", act.body)).header.Get("ETag")
		f.want(201, f.do(adminToken, "PUT", "/v1/envs/default/flags/meanwhile"+strconv.Itoa(len(act.path)), `{"gates": []}`))
		f.want(412, f.do(adminToken, "POST", act.path, act.body, "If-Match", seen))
		now := f.want(200, f.do(adminToken, "POST", act.path+"?dry_run=true", act.body)).header.Get("ETag")
		after := f.want(200, f.do(adminToken, "POST", act.path, act.body, "If-Match", now)).header.Get("ETag")
		if again := f.want(200, f.do(adminToken, "POST", act.path+"?dry_run=true", act.body)).header.Get("ETag"); seen == now || now == after || after != again {
			t.Errorf("%s: the versions %q, %q, %q and %q", act.path, seen, now, after, again)
		}
	}
}
