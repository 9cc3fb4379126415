package httpapi_test

import (
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

func TestManifest(t *testing.T) {
	f := open(t, httpapi.Config{})
	f.importYAML(flagsOfEveryKind)
	got := f.want(200, f.do(adminToken, "GET", "/openfeature/v0/manifest", nil))
	var d struct {
		Flags []struct {
			Key, Type    string
			DefaultValue any
		}
	}
	got.into(t, &d)
	types := map[string]string{}
	defaults := map[string]any{}
	for _, flag := range d.Flags {
		types[flag.Key], defaults[flag.Key] = flag.Type, flag.DefaultValue
	}
	for key, want := range map[string]string{"on": "boolean", "names": "string", "object": "object", "number": "integer", "killed_off_variant": "string"} {
		if types[key] != want {
			t.Errorf("%s is %s, want %s", key, types[key], want)
		}
	}
	if defaults["on"] != false || defaults["names"] != "blue" || defaults["number"] != 10.0 || defaults["killed_off_variant"] != "n" {
		t.Errorf("%v", defaults)
	}
}
