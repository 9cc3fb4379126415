package httpapi

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func TestSubject(t *testing.T) {
	deep := strings.Repeat("[", 16) + "1" + strings.Repeat("]", 16)
	tooDeep := strings.Repeat("[", 17) + "1" + strings.Repeat("]", 17)
	packed := func(v any) string {
		data, err := flagset.AppendValue(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	nest := func(n int, inner any) any {
		for range n {
			inner = []any{inner}
		}
		return inner
	}
	for _, c := range []struct {
		body       string
		actor      string
		presence   engine.Presence
		groups     []string
		attributes []engine.Attribute
	}{
		{body: `{}`},
		{body: ` { "context" : null } `},
		{body: `{"other": [{"context": 5}], "context": {}}`},
		{body: `{"context": {"targetingKey": "u\u0031"}}`, actor: "u1", presence: engine.Keyed, attributes: []engine.Attribute{engine.String("targetingKey", "u1")}},
		{body: `{"context": {"a": 1}, "context": {"b": 2}}`, attributes: []engine.Attribute{engine.Int("b", 2)}},
		{body: `{"context": {"a": 1, "a": 2}}`, attributes: []engine.Attribute{engine.Int("a", 2)}},
		{body: `{"context": {"groups": ["a", "b\n"]}}`, presence: engine.Keyless, groups: []string{"a", "b\n"}, attributes: []engine.Attribute{engine.Encoded("groups", packed([]any{"a", "b\n"}))}},
		{body: `{"context": {"groups": [], "x": true}}`, attributes: []engine.Attribute{engine.Encoded("groups", packed([]any{})), engine.Bool("x", true)}},
		{body: `{"context": {"groups": "a"}}`, presence: engine.Keyless, groups: []string{"a"}, attributes: []engine.Attribute{engine.String("groups", "a")}},
		{body: `{"context": {"groups": {"a": true}}}`, attributes: []engine.Attribute{engine.Encoded("groups", packed(map[string]any{"a": true}))}},
		{body: `{"context": {"targetingKey": ""}}`, presence: engine.Keyed, attributes: []engine.Attribute{engine.String("targetingKey", "")}},
		{body: `{"context": {"targetingKey": 42}}`, actor: "42", presence: engine.Keyed, attributes: []engine.Attribute{engine.Int("targetingKey", 42)}},
		{body: `{"context": {"targetingKey": 4.2e1}}`, actor: "42", presence: engine.Keyed, attributes: []engine.Attribute{engine.Int("targetingKey", 42)}},
		{body: `{"context": {"targetingKey": 18446744073709551616}}`, actor: "18446744073709551616", presence: engine.Keyed, attributes: []engine.Attribute{engine.Integer("targetingKey", "18446744073709551616")}},
		{body: `{"context": {"targetingKey": 42.5}}`, attributes: []engine.Attribute{engine.Float("targetingKey", 42.5)}},
		{body: `{"context": {"targetingKey": true}}`, attributes: []engine.Attribute{engine.Bool("targetingKey", true)}},
		{body: `{"context": {"targetingKey": 5, "targetingKey": null}}`, attributes: []engine.Attribute{engine.Null("targetingKey")}},
		{body: `{"context": {"groups": ["a", 5]}}`, presence: engine.Keyless, groups: []string{"a"}, attributes: []engine.Attribute{engine.Encoded("groups", packed([]any{"a", int64(5)}))}},
		{body: `{"context": {"a":-5,"b":5.0,"c":5.5,"d":1e3,"e":-0.0,"f":9007199254740993.0,"g":123456789012345678901234567890,"h":1e999,"i":0}}`, attributes: []engine.Attribute{
			engine.Int("a", -5), engine.Int("b", 5), engine.Float("c", 5.5), engine.Int("d", 1000), engine.Int("e", 0), engine.Int("f", 9007199254740992),
			engine.Integer("g", "123456789012345678901234567890"), engine.Null("h"), engine.Int("i", 0)}},
		{body: `{"context": {"t": true, "f": false, "n": null, "s": "\"}]"}}`, attributes: []engine.Attribute{engine.Bool("t", true), engine.Bool("f", false), engine.Null("n"), engine.String("s", `"}]`)}},
		{body: "{\"context\": {\"s\": \"a\xffb\", \"k\xfe\": 1}}", attributes: []engine.Attribute{engine.String("s", "a\ufffdb"), engine.Int("k\ufffd", 1)}},
		{body: `{"context": {"m": {"b": [1, "x"], "a": {"c": null}}}}`, attributes: []engine.Attribute{engine.Encoded("m", packed(map[string]any{"b": []any{int64(1), "x"}, "a": map[string]any{"c": nil}}))}},
		{body: `{"context": {"d": ` + deep + `, "e": ` + tooDeep + `}}`, attributes: []engine.Attribute{engine.Encoded("d", packed(nest(16, int64(1)))), engine.Encoded("e", packed(nest(16, nil)))}},
	} {
		var s evaluationContext
		if err := s.read([]byte(c.body)); err != nil {
			t.Errorf("%s: %v", c.body, err)
			continue
		}
		in := &s.input
		if in.Actor != c.actor || in.Presence != c.presence || !reflect.DeepEqual(append([]string(nil), in.Groups...), c.groups) || !reflect.DeepEqual(append([]engine.Attribute(nil), in.Attributes...), c.attributes) {
			t.Errorf("%s:\n%+v\nwant %+v", c.body, in, c)
		}
	}
}

func TestSubjectLimits(t *testing.T) {
	context := func(n int) string {
		var b strings.Builder
		b.WriteString(`{"context": {"groups": [`)
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `"g%d"`, i)
		}
		b.WriteString(`]`)
		for i := range n {
			fmt.Fprintf(&b, `,"a%04d": %d`, n-i, i)
		}
		return b.String() + "}}"
	}
	var s evaluationContext
	if err := s.read([]byte(context(300))); err != nil {
		t.Fatal(err)
	}
	if len(s.input.Groups) != 300 || len(s.input.Attributes) != 301 {
		t.Errorf("%d groups, %d attributes", len(s.input.Groups), len(s.input.Attributes))
	}
	for _, body := range []string{
		context(2000),
		`{"context": {` + strings.Repeat(`"a": 1, `, 2000) + `"a": 1}}`,
		`{"context": {"a": "` + strings.Repeat("x", engine.MaxValueBytes) + `"}}`,
		`{"context": {"` + strings.Repeat("x", engine.MaxNameBytes+1) + `": 1}}`,
		`{"context": {"targetingKey": "` + strings.Repeat("x", engine.MaxNameBytes+1) + `"}}`,
	} {
		s.forget()
		if err := s.read([]byte(body)); err == nil || err.code != "INVALID_CONTEXT" {
			t.Errorf("%.60s…: %v", body, err)
		}
	}
}

// FuzzSubject compares the reader with encoding/json: both must read valid JSON the same way.
func FuzzSubject(f *testing.F) {
	for _, seed := range []string{`{"context": {"targetingKey": "u", "groups": ["a"], "n": 1.5, "o": {"a": [1, {}]}}}`, `{"a": [[], {}, "", 0, null], "context": {}}`, `{"context":{"a":[ ]}}`, "[]", "{}", ` {"context" :{ "x":"\\\""} } `} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var s evaluationContext
		err := s.read(body)
		var want struct {
			Context *map[string]json.RawMessage `json:"context"`
		}
		if !json.Valid(body) {
			if err == nil || err.code != "PARSE_ERROR" {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		if err != nil {
			return
		}
		// encoding/json reads "Context" as "context"; we don't, so there is nothing to compare.
		if strings.Contains(strings.ToLower(strings.ReplaceAll(string(body), "context", "")), "context") || strings.Contains(string(body), `\`) || json.Unmarshal(body, &want) != nil || want.Context == nil {
			return
		}
		if len(*want.Context) != len(s.input.Attributes) {
			t.Fatalf("%q: %d attributes, want %d", body, len(s.input.Attributes), len(*want.Context))
		}
		for _, a := range s.input.Attributes {
			raw, ok := (*want.Context)[a.Name]
			if !ok {
				t.Fatalf("%q: there is no %q", body, a.Name)
			}
			if i, isInt := new(big.Int).SetString(string(raw), 10); isInt && i.IsInt64() && !reflect.DeepEqual(a, engine.Int(a.Name, i.Int64())) {
				t.Fatalf("%q: %s became %+v", body, raw, a)
			}
		}
	})
}

func TestAppendText(t *testing.T) {
	for _, s := range []string{"", "plain", `q"b\`, "né", "\x00\x1f\x7f", "a\u2028b", "<>&"} {
		var back string
		if err := json.Unmarshal(appendText([]byte(nil), s), &back); err != nil || back != s {
			t.Errorf("%q became %s: %v", s, appendText(nil, s), err)
		}
	}
}
