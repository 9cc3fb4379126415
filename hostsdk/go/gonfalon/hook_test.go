package gonfalon

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

func TestHooksSeeEvaluations(t *testing.T) {
	var seen []Evaluation
	c, err := New(t.Context(), Config{Bootstrap: compiled(t, 3, flags...), Logger: quiet, Hooks: []Hook{{}, {Evaluated: func(e Evaluation) { seen = append(seen, e) }}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx := Remember(t.Context(), For("user:42"))
	c.Enabled("actor", From(ctx))
	c.Enabled("actor", From(ctx)) // remembered, and seen
	c.Variant("hero", For("user:1"))
	c.Enabled("nobody")
	c.AppendAll(nil, []string{"on", "nobody"})
	if len(seen) != 6 {
		t.Fatalf("%d evaluations were seen", len(seen))
	}
	if e := seen[0]; e.Actor != "user:42" || !e.Decision.Enabled || e.Decision.Revision != 3 || e.Context == nil {
		t.Errorf("%+v", e)
	}
	attributes := func(e Evaluation) map[string]string {
		m := map[string]string{}
		for _, a := range e.Attributes() {
			m[a.Key] = a.Value.String()
		}
		return m
	}
	if a := attributes(seen[2]); a["feature_flag.key"] != "hero" || a["feature_flag.result.variant"] != "blue" || a["feature_flag.result.reason"] != "split" ||
		a["feature_flag.context.id"] != "user:1" || a["feature_flag.version"] != "3" || a["feature_flag.provider.name"] != "gonfalon" {
		t.Errorf("%v", a)
	}
	if a := attributes(seen[3]); a["error.type"] != "flag_not_found" || a["feature_flag.result.reason"] != "error" {
		t.Errorf("%v", a)
	}
}

func TestLogHook(t *testing.T) {
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c, err := New(t.Context(), Config{Bootstrap: compiled(t, 1, flagOn), Logger: quiet, Hooks: []Hook{LogHook(logger)}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Enabled("on")
	if line := out.String(); !strings.Contains(line, "msg=feature_flag.evaluation feature_flag.key=on") || !strings.Contains(line, "feature_flag.result.value=true") {
		t.Error(line)
	}
}

func TestChangesAreAnnounced(t *testing.T) {
	segment := `segment {"key": "premium", "constraints": [{"attribute": "plan", "operator": "eq", "values": ["pro"]}]}`
	one := compiled(t, 1, flagOn, flagOff, flagHalf)
	two := compiled(t, 2, strings.ReplaceAll(flagOn, "true", "false"), flagOff, flagActor, segment)
	three := compiledIn(t, snapshot.Header{Environment: DefaultEnvironment, Lineage: lineage('z'), Revision: 1}, flagOff)
	synctest.Test(t, func(t *testing.T) {
		var seen []Event
		c, s, _ := scripted(t, Config{Hooks: []Hook{{Changed: func(e Event) {
			if e.Kind == FlagsChanged {
				seen = append(seen, e)
			}
		}}}})
		defer c.Close()
		for _, frame := range [][]byte{one, one, two, three} {
			s.say(take(frame))
		}
		if len(seen) != 3 {
			t.Fatalf("%+v", seen)
		}
		for i, want := range []Event{
			{Flags: []string{"half", "off", "on"}},
			{Flags: []string{"actor", "half", "on"}, Segments: []string{"premium"}},
			{Flags: []string{"actor", "on"}, Segments: []string{"premium"}, LineageChanged: true},
		} {
			if e := seen[i]; !slices.Equal(e.Flags, want.Flags) || !slices.Equal(e.Segments, want.Segments) || e.LineageChanged != want.LineageChanged {
				t.Errorf("change %d: %+v, want %+v", i, e, want)
			}
		}
	})
}
