package hostsdk_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	of "github.com/open-feature/go-sdk/openfeature"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/openfeature"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/wasmengine"
)

const valuesFile = "testdata/values.json"

// values are testdata/values.json; testdata/README.md describes its members.
type values struct {
	About    string            `json:"about"`
	Flags    []json.RawMessage `json:"flags"`
	Snapshot []byte            `json:"snapshot"`
	Cases    []valueCase       `json:"cases"`
}

type valueCase struct {
	About      string           `json:"about"`
	Hosts      []string         `json:"hosts"`
	Flag       string           `json:"flag"`
	Actor      typed            `json:"actor"`
	Groups     typed            `json:"groups"`
	Attributes map[string]typed `json:"attributes"`
	Roll       string           `json:"roll"`
	As         string           `json:"as"`
	Default    any              `json:"default"`
	Loaded     *bool            `json:"loaded"`
	Want       struct {
		Enabled bool   `json:"enabled"`
		Reason  string `json:"reason"`
		Gate    string `json:"gate"`
		Value   any    `json:"value"`
		Error   string `json:"error"`
	} `json:"want"`
}

// readValues reads the cases.
func readValues(t *testing.T) (values, []byte) {
	t.Helper()
	text, err := os.ReadFile(valuesFile)
	if err != nil {
		t.Fatal(err)
	}
	var v values
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v, text
}

// TestValuesHaveTheirSnapshot compiles the flags of values.json, and compares the snapshot that stands there.
func TestValuesHaveTheirSnapshot(t *testing.T) {
	v, text := readValues(t)
	flags, err := json.Marshal(map[string]any{"flags": v.Flags})
	if err != nil {
		t.Fatal(err)
	}
	set, problems := flagset.ParseSet(flags)
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	compiled, problems := snapshot.Compile(snapshot.Header{Environment: "default", Revision: 1}, set.Sorted(), snapshot.Tolerant)
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(compiled, v.Snapshot) {
		return
	}
	if !*update {
		t.Fatalf("the snapshot in %s isn't what its flags compile to: make golden", valuesFile)
	}
	line := regexp.MustCompile(`(?m)^ "snapshot": ".*",$`)
	text = line.ReplaceAll(text, []byte(` "snapshot": "`+base64.StdEncoding.EncodeToString(compiled)+`",`))
	if err := os.WriteFile(valuesFile, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestValues runs the cases with each engine, as a client's own methods and as the provider of OpenFeature.
func TestValues(t *testing.T) {
	v, _ := readValues(t)
	module, err := wasmengine.New(t.Context(), wasmengine.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { module.Close() })
	for engine, e := range map[string]gonfalon.Engine{"native": gonfalon.Native(), "module": module} {
		loaded, empty := client(t, gonfalon.Config{Engine: e, Bootstrap: v.Snapshot}), client(t, gonfalon.Config{Engine: e, LastGood: filepath.Join(t.TempDir(), "none")})
		for _, c := range v.Cases {
			if !c.Actor.inGo() || slices.ContainsFunc(slices.Collect(maps.Values(c.Attributes)), func(v typed) bool { return v.is("decimal") }) {
				continue
			}
			flags := loaded
			if c.Loaded != nil && !*c.Loaded {
				flags = empty
			}
			if c.runsOn("sdk") {
				t.Run(engine+"/sdk/"+c.About, func(t *testing.T) { c.askClient(t, flags) })
			}
			if c.runsOn("provider") && c.Roll == "" && !c.Groups.is("member") {
				t.Run(engine+"/provider/"+c.About, func(t *testing.T) { c.askProvider(t, flags) })
			}
		}
	}
}

func client(t *testing.T, config gonfalon.Config) *gonfalon.Client {
	t.Helper()
	config.ReadyWithin, config.Usage, config.Logger = -1, -1, slog.New(slog.DiscardHandler)
	c, err := gonfalon.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func (c *valueCase) runsOn(host string) bool { return c.Hosts == nil || slices.Contains(c.Hosts, host) }

// askClient asks a client's own methods.
func (c *valueCase) askClient(t *testing.T, flags *gonfalon.Client) {
	opts := []gonfalon.Option{gonfalon.Attributes(made(t, c.Attributes))}
	actor := c.Actor.value(t)
	if c.Groups.is("member") {
		var names []string
		c.Groups.read(t, &names)
		actor = member{id: fmt.Sprint(actor), names: names}
	} else if c.Groups != nil {
		// Go has a type for groups, so what isn't one comes from a context of any values.
		opts = append(opts, gonfalon.ContextOf(map[string]any{"groups": c.Groups.value(t)}))
	}
	opts = append(opts, gonfalon.For(actor))
	if c.Roll != "" {
		roll, err := strconv.ParseUint(c.Roll, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		opts = append(opts, gonfalon.Roll(roll))
	}
	before := flags.Stats()
	d := flags.Decide(c.Flag, opts...)
	c.compare(t, d.Enabled, d.Path())
	if d.Reason.String() != c.Want.Reason {
		t.Errorf("the reason is %s, want %s", d.Reason, c.Want.Reason)
	}
	if r := d.Resolve(); c.Want.Error != "TYPE_MISMATCH" && r.Error != c.Want.Error {
		t.Errorf("the error is %q (%v), want %q", r.Error, d.Err, c.Want.Error)
	}
	if after := flags.Stats(); (after.Unknown > before.Unknown) != (c.Want.Error == "FLAG_NOT_FOUND") {
		t.Errorf("%d unknown flags were counted before, and %d after", before.Unknown, after.Unknown)
	}
	var got any
	switch c.As {
	case "string":
		got = flags.PayloadString(c.Flag, withDefault[string](opts, c.Default)...)
		if d.Payload == "" {
			got = flags.Variant(c.Flag, withDefault[string](opts, c.Default)...)
		}
	case "integer":
		got = flags.PayloadInt(c.Flag, withDefault[int64](opts, whole(c.Default))...)
	case "float":
		got = flags.PayloadFloat(c.Flag, withDefault[float64](opts, float(c.Default))...)
	case "object":
		d := flags.Decide(c.Flag, opts...)
		object, ok := d.Resolve().Value.(map[string]any)
		if got = object; !ok {
			got = map[string]any{}
		}
	default:
		got = flags.Enabled(c.Flag, withDefault[bool](opts, c.Default)...)
		if d.HasVariants {
			got = flags.PayloadBool(c.Flag, withDefault[bool](opts, c.Default)...)
		}
	}
	c.compareValue(t, got)
}

func withDefault[T bool | string | int64 | float64](opts []gonfalon.Option, fallback any) []gonfalon.Option {
	if fallback == nil {
		return opts
	}
	return append(slices.Clip(opts), gonfalon.Default(fallback.(T)))
}

// askProvider asks OpenFeature's client.
func (c *valueCase) askProvider(t *testing.T, flags *gonfalon.Client) {
	context := made(t, c.Attributes)
	if c.Actor != nil {
		context["targetingKey"] = c.Actor.value(t)
	}
	if c.Groups != nil {
		context["groups"] = c.Groups.value(t)
	}
	provider := openfeature.NewProvider(flags)
	var got any
	var detail of.ProviderResolutionDetail
	switch c.As {
	case "string":
		r := provider.StringEvaluation(t.Context(), c.Flag, c.Default.(string), context)
		got, detail = r.Value, r.ProviderResolutionDetail
	case "integer":
		r := provider.IntEvaluation(t.Context(), c.Flag, whole(c.Default).(int64), context)
		got, detail = r.Value, r.ProviderResolutionDetail
	case "float":
		r := provider.FloatEvaluation(t.Context(), c.Flag, float(c.Default).(float64), context)
		got, detail = r.Value, r.ProviderResolutionDetail
	case "object":
		r := provider.ObjectEvaluation(t.Context(), c.Flag, c.Default, context)
		got, detail = r.Value, r.ProviderResolutionDetail
	default:
		fallback, _ := c.Default.(bool)
		r := provider.BooleanEvaluation(t.Context(), c.Flag, fallback, context)
		got, detail = r.Value, r.ProviderResolutionDetail
		if want := map[any]string{true: "on", false: "off"}[got]; c.Want.Error == "" && c.As == "" && detail.Variant != want {
			t.Errorf("the variant is %q, want %q", detail.Variant, want)
		}
	}
	c.compareValue(t, got)
	if code := string(detail.ResolutionDetail().ErrorCode); code != c.Want.Error {
		t.Errorf("the error is %q, want %q", code, c.Want.Error)
	}
	if c.Want.Error == "" {
		gate, _ := detail.FlagMetadata["gate"].(string)
		c.compare(t, detail.FlagMetadata["enabled"] == true, gate)
	}
}

func (c *valueCase) compare(t *testing.T, enabled bool, gate string) {
	t.Helper()
	if enabled != c.Want.Enabled || gate != c.Want.Gate {
		t.Errorf("it is %t by %q, want %t by %q", enabled, gate, c.Want.Enabled, c.Want.Gate)
	}
}

func (c *valueCase) compareValue(t *testing.T, got any) {
	t.Helper()
	want := c.Want.Value
	if want == nil {
		want = c.Want.Enabled
	}
	if have, expected := text(t, got), text(t, want); have != expected {
		t.Errorf("the value is %s, want %s", have, expected)
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	if f, ok := v.(float64); ok { // as JSON would have it, without an exponent
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func whole(v any) any {
	n, err := v.(json.Number).Int64()
	if err != nil {
		panic(err)
	}
	return n
}

func float(v any) any {
	f, err := v.(json.Number).Float64()
	if err != nil {
		panic(err)
	}
	return f
}
