package httpapi_test

import (
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// TestLargeIntegersAreWarnedOf writes a payload with an integer that most languages round, in each way in which a payload
// can be written. Each answer warns of it, and says what to do.
func TestLargeIntegersAreWarnedOf(t *testing.T) {
	f := open(t, httpapi.Config{})
	const variants = `[{"name": "a", "weight": 1, "payload": {"id": [9007199254740993]}}, {"name": "b", "weight": 1, "payload": {}}]`
	const flag, gates = "/v1/envs/default/flags/x", `"gates": [{"type": "variant", "variants": ` + variants + `}]`
	warned := func(way string, warnings []api.Problem, pointer string, line int) {
		t.Helper()
		if len(warnings) != 1 || warnings[0].Pointer != pointer || warnings[0].Line != line ||
			!strings.Contains(warnings[0].Detail, "an integer beyond ±9007199254740992 is rounded") || !strings.Contains(warnings[0].Hint, "put it in quotes") {
			t.Errorf("%s: %+v", way, warnings)
		}
	}
	const place = "/gates/0/variants/0/payload"
	var written api.Flag
	f.want(201, f.do(adminToken, "PUT", flag, `{`+gates+`}`)).into(t, &written)
	warned("put", written.Warnings, place, 0)
	written = api.Flag{}
	f.want(200, f.do(adminToken, "POST", flag+"/variants", `{"variants": `+variants+`}`)).into(t, &written)
	warned("variants", written.Warnings, place, 0)

	var preview api.Preview
	f.want(200, f.do(adminToken, "POST", "/v1/envs/default/preview", `{"flag": {"key": "y", `+gates+`}}`)).into(t, &preview)
	warned("preview", preview.Warnings, place, 0)

	for way, text := range map[string]string{
		"an import": "{\"flags\": [\n{\"key\": \"y\", " + gates + "}]}",
		"in YAML":   "flags:\n- {key: y, gates: [{type: variant, variants: [{name: a, weight: 1, payload: {id: [9007199254740993]}}, {name: b, weight: 1, payload: {}}]}]}",
	} {
		d, err := f.admin.Import(t.Context(), "default", []byte(text), api.Import{}, apiclient.WriteOptions{DryRun: true})
		if err != nil {
			t.Fatal(err)
		}
		if warned(way, d.Warnings, place, 2); len(d.Warnings) > 0 && d.Warnings[0].Flag != "y" {
			t.Errorf("%s: the warning is about the flag %q", way, d.Warnings[0].Flag)
		}
	}
}
