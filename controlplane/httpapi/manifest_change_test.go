package httpapi_test

import (
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

const manifestFlags = "/openfeature/v0/manifest/flags"

// TestManifestChanges creates flags of each type, and changes them.
func TestManifestChanges(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.importYAML(`flags:
- {key: plain, gates: [{type: boolean, enabled: true}]}
- key: banner
  gates:
  - {type: group, target: staff, enabled: true}
  - type: variant
    variants: [{name: blue, weight: 1}, {name: green, weight: 1}]
`)
	for _, c := range []struct{ method, key, body, want string }{
		{"POST", "", `{"key": "b", "type": "boolean", "defaultValue": false, "description": "one"}`, `201 {"key":"b","name":"b","type":"boolean","description":"one","defaultValue":false}`},
		{"POST", "", `{"key": "t", "type": "boolean", "defaultValue": true}`, `201 {"key":"t","name":"t","type":"boolean","description":"","defaultValue":true}`},
		{"POST", "", `{"key": "s", "type": "string", "defaultValue": "x"}`, `201 {"key":"s","name":"s","type":"string","description":"","defaultValue":"x"}`},
		{"POST", "", `{"key": "i", "type": "integer", "defaultValue": 3}`, `201 {"key":"i","name":"i","type":"integer","description":"","defaultValue":3}`},
		{"POST", "", `{"key": "n", "type": "float", "defaultValue": 0.5}`, `201 {"key":"n","name":"n","type":"float","description":"","defaultValue":0.5}`},
		{"POST", "", `{"key": "o", "type": "object", "defaultValue": {"b": 1, "a": 2}}`, `201 {"key":"o","name":"o","type":"object","description":"","defaultValue":{"a":2,"b":1}}`},
		{"POST", "", `{"key": "b", "type": "boolean", "defaultValue": false}`, `409 there is a flag "b" in the environment "default" already`},
		{"POST", "", `{"key": "x", "type": "boolean", "defaultValue": 1}`, `400 the type is boolean, but this is the integer 1`},
		{"POST", "", `{"key": "x", "type": "boolean", "defaultValue": null}`, `400 this can't be a default`},
		{"POST", "", `{"key": "x", "type": "string", "defaultValue": []}`, `400 this can't be a default`},
		{"POST", "", `{"key": "x", "type": "text", "defaultValue": ""}`, `400 there is no type "text"`},
		{"POST", "", `{"key": "x", "type": "boolean", "defaultValue": false, "name": "Y"}`, `400 a flag has no other name than its key`},
		{"POST", "", `{"key": " ", "type": "boolean", "defaultValue": false}`, `422 `},
		{"POST", "", `{"key": "x", "type": "boolean", "defaultValue": false, "more": 1}`, `400 there is no field "more"`},
		{"PUT", "b", `{"key": "b", "type": "boolean", "description": "two"}`, `200 {"key":"b","name":"b","type":"boolean","description":"two","defaultValue":false}`},
		{"PUT", "b", `{"key": "b", "type": "boolean", "description": null, "defaultValue": false}`, `200 {"key":"b","name":"b","type":"boolean","description":"two","defaultValue":false}`},
		{"PUT", "b", `{"key": "b", "type": "boolean", "defaultValue": true}`, `422 the flag has no variants, so its default is false`},
		{"PUT", "b", `{"key": "c", "type": "boolean"}`, `400 the document's key is "c"`},
		{"PUT", "b", `{"key": "b", "type": "string"}`, `422 the flag is of the type boolean, and can't become string`},
		{"PUT", "missing", `{"key": "missing", "type": "string"}`, `404 `},
		{"PUT", "t", `{"key": "t", "type": "boolean", "defaultValue": false}`, `200 {"key":"t","name":"t","type":"boolean","description":"","defaultValue":false}`},
		{"PUT", "s", `{"key": "s", "type": "string", "defaultValue": "y"}`, `200 {"key":"s","name":"s","type":"string","description":"","defaultValue":"y"}`},
		{"PUT", "banner", `{"key": "banner", "type": "string", "defaultValue": "green"}`, `200 {"key":"banner","name":"banner","type":"string","description":"","defaultValue":"green"}`},
		{"PUT", "banner", `{"key": "banner", "type": "string", "defaultValue": "red"}`, `422 none of the flag's variants has the value "red"`},
		{"DELETE", "o", ``, `200 "message":"the flag \"o\" was deleted; its history brings it back"`},
		{"DELETE", "o", ``, `404 `},
	} {
		address := manifestFlags
		if c.key != "" {
			address += "/" + c.key
		}
		var body any
		if c.body != "" {
			body = c.body
		}
		got := f.do(adminToken, c.method, address, body)
		status, text, _ := strings.Cut(c.want, " ")
		if got.status < 300 && got.header.Get("X-Manifest-Capabilities") != "read,write,delete" {
			t.Errorf("%s: the header is %q", c.body, got.header.Get("X-Manifest-Capabilities"))
		}
		if told := strings.ReplaceAll(string(got.body), `\"`, `"`); !strings.HasPrefix(got.String(), status) || !strings.Contains(told, strings.ReplaceAll(text, `\"`, `"`)) {
			t.Errorf("%s %s %s: %s, want %s", c.method, c.key, c.body, got, c.want)
		}
		if got.status >= 400 {
			var d struct {
				Error struct {
					Message string
					Status  int
				}
			}
			got.into(t, &d)
			if d.Error.Status != got.status || !strings.Contains(d.Error.Message, text) {
				t.Errorf("%s %s: the manifest's form says %+v", c.method, c.body, d.Error)
			}
		}
	}
	// What is only tried changes nothing, and what is done can be read in the audit.
	f.want(200, f.do(adminToken, "PUT", manifestFlags+"/s?dry_run=true", `{"type": "string", "defaultValue": "z"}`))
	var list struct {
		Flags []struct{ Key, DefaultValue any }
	}
	f.want(200, f.do(adminToken, "GET", "/openfeature/v0/manifest", nil)).into(t, &list)
	for _, flag := range list.Flags {
		if flag.Key == "s" && flag.DefaultValue != "y" {
			t.Errorf("a dry run made %v", flag.DefaultValue)
		}
	}
	page, err := f.service.History(t.Context(), "default", "s", controlplane.AuditQuery{})
	if err != nil || len(page.Entries) != 2 || len(page.Entries[0].Changes) != 1 || !strings.Contains(string(page.Entries[0].Changes[0].Before), `"x"`) {
		t.Errorf("the audit has %+v %v", page.Entries, err)
	}
	// A push changes what a flag is, and not who gets what.
	flag, err := f.admin.Flag(t.Context(), "default", "banner")
	if err != nil || len(flag.Gates) != 2 || flag.OffVariant == nil || *flag.OffVariant != "green" {
		t.Errorf("%+v %v", flag, err)
	}
}

// TestManifestRoles lets only those change the manifest that may change flags.
func TestManifestRoles(t *testing.T) {
	f := open(t, httpapi.Config{})
	viewer := f.token(api.RoleViewer, "default")
	if got := f.want(200, f.do(viewer, "GET", "/openfeature/v0/manifest", nil)); got.header.Get("X-Manifest-Capabilities") != "read" {
		t.Errorf("%v", got.header)
	}
	f.want(403, f.do(viewer, "POST", manifestFlags, `{"key": "x", "type": "boolean", "defaultValue": false}`))
	f.want(403, f.do(f.token(api.RoleClient, "default"), "GET", "/openfeature/v0/manifest", nil))
	f.want(401, f.do("", "GET", "/openfeature/v0/manifest", nil))
	f.want(200, f.do(adminToken, "POST", manifestFlags+"?dry_run=true", `{"key": "x", "type": "boolean", "defaultValue": false}`))
}
