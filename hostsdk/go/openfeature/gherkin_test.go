package openfeature_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/cucumber/godog"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"
	"github.com/gonfalon-flags/gonfalon/hostsdk/go/openfeature"
	of "github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
)

// TestGherkin runs the scenarios of testdata. OPENFEATURE_GHERKIN names the folder specification/assets/gherkin of a copy of
// https://github.com/open-feature/spec, whose own scenarios it runs too.
func TestGherkin(t *testing.T) {
	suite(t, "testdata", "")
	if folder := os.Getenv("OPENFEATURE_GHERKIN"); folder != "" {
		for _, name := range []string{"evaluation.feature", "evaluation_v2.feature", "hooks.feature"} {
			suite(t, filepath.Join(folder, name), foreign)
		}
	}
}

// What of the specification's own suite can't be: a payload is served by the actor's place among all actors and not by a rule
// (@targeting, @context-handling, and a scenario without a tag), metadata is gonfalon's own, and nothing is cached.
const foreign = "~@targeting && ~@metadata && ~@context-handling && ~@reason-codes-cached"

const foreignScenario = "Resolves based on context"

func suite(t *testing.T, path, tags string) {
	t.Helper()
	s := godog.TestSuite{
		Name:                path,
		ScenarioInitializer: func(sc *godog.ScenarioContext) { steps(t, sc, tags != "") },
		Options:             &godog.Options{Format: "progress", Paths: []string{path}, Tags: tags, Strict: true, TestingT: t},
	}
	if s.Run() != 0 {
		t.Error("the suite failed")
	}
}

// world is what one scenario knows.
type world struct {
	t        *testing.T
	api      *of.EvaluationAPI
	client   *of.Client
	key      string
	kind     string
	fallback any
	context  map[string]any
	details  of.InterfaceEvaluationDetails
	hooks    []*recorder
	order    *[]string
}

// recorder is a hook that notes how it is called.
type recorder struct {
	of.UnimplementedHook
	name    string
	order   *[]string
	called  map[string]bool
	details map[string]of.InterfaceEvaluationDetails
}

func (r *recorder) note(stage string, d *of.InterfaceEvaluationDetails) {
	r.called[stage] = true
	if d != nil {
		r.details[stage] = *d
	}
	*r.order = append(*r.order, r.name+" "+stage)
}

func (r *recorder) Before(context.Context, of.HookContext, of.HookHints) (*of.EvaluationContext, error) {
	r.note("before", nil)
	return nil, nil
}

func (r *recorder) After(_ context.Context, _ of.HookContext, d of.InterfaceEvaluationDetails, _ of.HookHints) error {
	r.note("after", &d)
	return nil
}

func (r *recorder) Error(context.Context, of.HookContext, error, of.HookHints) { r.note("error", nil) }

func (r *recorder) Finally(_ context.Context, _ of.HookContext, d of.InterfaceEvaluationDetails, _ of.HookHints) {
	r.note("finally", &d)
}

func (w *world) recorder(name string) *recorder {
	r := &recorder{name: name, order: w.order, called: map[string]bool{}, details: map[string]of.InterfaceEvaluationDetails{}}
	w.hooks = append(w.hooks, r)
	return r
}

// provider sets a provider of this status.
func (w *world) provider(status string) error {
	var provider *openfeature.Provider
	wants := map[string]of.State{"stable": of.ReadyState, "not ready": of.NotReadyState, "error": of.ErrorState, "fatal": of.FatalState, "stale": of.StaleState}[status]
	switch status {
	case "stable":
		provider = openfeature.NewProvider(seeded(w.t).Client)
	case "stale":
		provider = openfeature.NewProvider(client(w.t, gonfalon.Config{Bootstrap: seeded(w.t).Snapshot(), Source: silent{}}))
	case "not ready":
		provider = openfeature.NewProvider(client(w.t, gonfalon.Config{Source: silent{}}))
	case "error":
		provider = openfeature.NewProvider(client(w.t, gonfalon.Config{Source: silent{}}), openfeature.InitWithin(1))
	case "fatal":
		provider = openfeature.NewProvider(client(w.t, gonfalon.Config{Source: refusing{}}))
	}
	w.api = isolated.NewAPI()
	w.client = w.api.NewClient()
	if status == "not ready" {
		return w.api.SetProvider(w.t.Context(), provider)
	}
	err := w.api.SetProviderAndWait(context.Background(), provider)
	if wants == of.ReadyState || wants == of.StaleState {
		if err != nil {
			return err
		}
	}
	return eventually(func() bool { return w.client.State() == wants })
}

func steps(t *testing.T, sc *godog.ScenarioContext, official bool) {
	w := &world{t: t, context: map[string]any{}, order: new([]string)}
	sc.Before(func(ctx context.Context, s *godog.Scenario) (context.Context, error) {
		if official && s.Name == foreignScenario {
			return ctx, godog.ErrSkip
		}
		return ctx, nil
	})
	sc.After(func(ctx context.Context, _ *godog.Scenario, err error) (context.Context, error) {
		if w.api != nil {
			w.api.Shutdown(context.WithoutCancel(ctx))
		}
		return ctx, err
	})
	sc.Step(`^an? (stable|not ready|error|fatal|stale) provider$`, w.provider)
	sc.Step(`^an? (\w+)-flag with key "([^"]*)" and a (?:default|fallback) value "(.*)"$`, w.flag)
	sc.Step(`^a context containing a key "([^"]*)", with type "([^"]*)" and with value "(.*)"$`, func(key, kind, text string) (err error) {
		w.context[key], err = parse(kind, text)
		return err
	})
	sc.Step(`^a context containing a key "([^"]*)" with null value$`, func(key string) { w.context[key] = nil })
	sc.Step(`^an evaluation context with modifiable data$`, func() { w.context["list"] = []any{"a", map[string]any{"b": 1.0}} })
	sc.Step(`^the flag was evaluated with details(?: using the evaluation options)?$`, func() { w.details = w.evaluate() })
	sc.Step(`^the flag was evaluated with details asynchronously$`, w.evaluateElsewhere)
	sc.Step(`^the resolved details value should be "(.*)"$`, func(text string) error {
		want, err := parse(w.kind, text)
		return errors.Join(err, same("value", w.details.Value, want))
	})
	sc.Step(`^the flag key should be "(.*)"$`, func(want string) error { return same("key", w.details.FlagKey, want) })
	sc.Step(`^the variant should be "([^"]*)"$`, func(want string) error { return same("variant", w.details.Variant, want) })
	sc.Step(`^the reason should be "(.*)"$`, func(want string) error { return same("reason", string(w.details.Reason), want) })
	sc.Step(`^the error-code should be "(.*)"$`, func(want string) error { return same("error code", string(w.details.ErrorCode), want) })
	sc.Step(`^the error message should contain "(.*)"$`, func(want string) error {
		if !strings.Contains(w.details.ErrorMessage, want) {
			return fmt.Errorf("the error is %q", w.details.ErrorMessage)
		}
		return nil
	})
	sc.Step(`^the provider status should be "(.*)"$`, func(want string) error { return same("status", string(w.client.State()), want) })
	sc.Step(`^the resolved metadata should contain$`, w.metadata)
	sc.Step(`^evaluation options containing specific hooks$`, func() { w.recorder("first"); w.recorder("second") })
	sc.Step(`^the specified hooks should execute during evaluation$`, func() error {
		return errors.Join(w.executed("before"), w.executed("after"), w.executed("finally"))
	})
	sc.Step(`^the hook order should be maintained$`, func() error {
		return same("order", strings.Join(*w.order, ", "), "first before, second before, second after, first after, second finally, first finally")
	})
	sc.Step(`^the original evaluation context should remain unmodified$`, func() error {
		return same("context", w.context, map[string]any{"list": []any{"a", map[string]any{"b": 1.0}}})
	})
	sc.Step(`^the evaluation details should be immutable$`, func() error {
		before := fmt.Sprint(w.details.FlagMetadata["enabled"])
		w.details.FlagMetadata["enabled"] = "changed"
		return same("metadata", fmt.Sprint(w.evaluate().FlagMetadata["enabled"]), before)
	})
	sc.Step(`^the evaluation should complete without blocking$`, func() error { return same("key", w.details.FlagKey, w.key) })
	sc.Step(`^the result should be equivalent to synchronous evaluation$`, func() error { return same("details", w.details, w.evaluate()) })
	sc.Step(`^a client with added hook$`, func() { w.client.AddHooks(w.recorder("client")) })
	sc.Step(`^the "(.*)" hook should have been executed$`, w.executed)
	sc.Step(`^the "(.*)" hooks should be called with evaluation details$`, w.called)
	deprecated(sc, w)
}

// deprecated are the steps of the specification's older suite.
func deprecated(sc *godog.ScenarioContext, w *world) {
	value := func(text string) error {
		want, err := parse(w.kind, text)
		return errors.Join(err, same("value", w.details.Value, want))
	}
	sc.Step(`^an? (?:non-existent )?(\w+) flag with key "([^"]*)" is evaluated with (?:details and )?(?:a )?(?:default|fallback) value "?([^"]*)"?$`, func(kind, key, fallback string) error {
		if err := w.flag(kind, key, fallback); err != nil {
			return err
		}
		w.details = w.evaluate()
		return nil
	})
	sc.Step(`^an object flag with key "([^"]*)" is evaluated with (?:details and )?a null default value$`, func(key string) {
		w.kind, w.key, w.fallback = "Object", key, nil
		w.details = w.evaluate()
	})
	sc.Step(`^a string flag with key "([^"]*)" is evaluated as an integer, with details and a (?:default|fallback) value (\d+)$`, func(key, fallback string) error {
		if err := w.flag("Integer", key, fallback); err != nil {
			return err
		}
		w.details = w.evaluate()
		return nil
	})
	sc.Step(`^the resolved (?:boolean|string|integer|float) value should be "?([^"]*)"?$`, value)
	sc.Step(`^the resolved \w+ details value should be "?([^"]*)"?, the variant should be "(.*)", and the reason should be "(.*)"$`, func(text, variant, reason string) error {
		return errors.Join(value(text), same("variant", w.details.Variant, variant), same("reason", string(w.details.Reason), reason))
	})
	sc.Step(`^the variant should be "(.*)", and the reason should be "(.*)"$`, func(variant, reason string) error {
		return errors.Join(same("variant", w.details.Variant, variant), same("reason", string(w.details.Reason), reason))
	})
	sc.Step(`^the resolved object (?:details )?value should be contain fields "(.*)", "(.*)", and "(.*)", with values "(.*)", "(.*)" and (\d+), respectively$`, func(a, b, c, av, bv, cv string) error {
		object, _ := w.details.Value.(map[string]any)
		return errors.Join(same(a, fmt.Sprint(object[a]), av), same(b, fmt.Sprint(object[b]), bv), same(c, fmt.Sprint(object[c]), cv))
	})
	sc.Step(`^context contains keys "(.*)", "(.*)", "(.*)", "(.*)" with values "(.*)", "(.*)", (\d+), "(.*)"$`, func(a, b, c, d, av, bv string, cv int, dv string) {
		w.context = map[string]any{a: av, b: bv, c: cv, d: dv}
	})
	sc.Step(`^a flag with key "([^"]*)" is evaluated with default value "([^"]*)"$`, func(key, fallback string) error {
		err := w.flag("String", key, fallback)
		w.details = w.evaluate()
		return err
	})
	sc.Step(`^the resolved string response should be "(.*)"$`, value)
	sc.Step(`^the resolved flag value is "(.*)" when the context is empty$`, func(want string) error {
		w.context = nil
		return same("value", w.evaluate().Value, want)
	})
	sc.Step(`^the default \w+ value should be returned$`, func() error { return same("value", w.details.Value, w.fallback) })
	sc.Step(`^the reason should indicate an error and the error code should indicate a .* with "(.*)"$`, func(code string) error {
		return errors.Join(same("reason", string(w.details.Reason), "ERROR"), same("error code", string(w.details.ErrorCode), code))
	})
}

func (w *world) flag(kind, key, fallback string) (err error) {
	w.kind, w.key = kind, key
	w.fallback, err = parse(kind, fallback)
	return err
}

// evaluate asks by the method of the flag's type.
func (w *world) evaluate() of.InterfaceEvaluationDetails {
	attributes := maps.Clone(w.context)
	target, _ := attributes[of.TargetingKey].(string)
	delete(attributes, of.TargetingKey)
	evaluation := of.NewEvaluationContext(target, attributes)
	var hooks []of.Hook
	for _, h := range w.hooks {
		if h.name != "client" {
			hooks = append(hooks, h)
		}
	}
	option := of.WithHooks(hooks...)
	ctx := context.Background()
	switch fallback := w.fallback.(type) {
	case bool:
		d, _ := w.client.BooleanValueDetails(ctx, w.key, fallback, evaluation, option)
		return of.InterfaceEvaluationDetails{Value: d.Value, EvaluationDetails: d.EvaluationDetails}
	case string:
		d, _ := w.client.StringValueDetails(ctx, w.key, fallback, evaluation, option)
		return of.InterfaceEvaluationDetails{Value: d.Value, EvaluationDetails: d.EvaluationDetails}
	case int64:
		d, _ := w.client.IntValueDetails(ctx, w.key, fallback, evaluation, option)
		return of.InterfaceEvaluationDetails{Value: d.Value, EvaluationDetails: d.EvaluationDetails}
	case float64:
		d, _ := w.client.FloatValueDetails(ctx, w.key, fallback, evaluation, option)
		return of.InterfaceEvaluationDetails{Value: d.Value, EvaluationDetails: d.EvaluationDetails}
	}
	d, _ := w.client.ObjectValueDetails(ctx, w.key, w.fallback, evaluation, option)
	return d
}

func (w *world) evaluateElsewhere() {
	done := make(chan of.InterfaceEvaluationDetails)
	go func() { done <- w.evaluate() }()
	w.details = <-done
}

func (w *world) executed(stage string) error {
	for _, h := range w.hooks {
		if !h.called[stage] {
			return fmt.Errorf("%s of hook %s wasn't executed", stage, h.name)
		}
	}
	return nil
}

func (w *world) called(stages string, table *godog.Table) error {
	for _, stage := range strings.Split(stages, ", ") {
		d, ok := w.hooks[0].details[stage]
		if !ok {
			return fmt.Errorf("%s wasn't executed", stage)
		}
		for _, row := range table.Rows[1:] {
			kind, key, text := row.Cells[0].Value, row.Cells[1].Value, row.Cells[2].Value
			if text == "null" {
				text = ""
			}
			want, err := parse(kind, text)
			got := map[string]any{"flag_key": d.FlagKey, "value": d.Value, "variant": d.Variant, "reason": string(d.Reason), "error_code": string(d.ErrorCode)}[key]
			if key == "variant" && text == "" {
				continue // of an error: the provider may say which variant had the wrong type
			}
			if err := errors.Join(err, same(stage+" "+key, got, want)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) metadata(table *godog.Table) error {
	for _, row := range table.Rows[1:] {
		want, err := parse(row.Cells[1].Value, row.Cells[2].Value)
		if err := errors.Join(err, same(row.Cells[0].Value, w.details.FlagMetadata[row.Cells[0].Value], want)); err != nil {
			return err
		}
	}
	return nil
}

func same(what string, got, want any) error {
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("the %s is %#v, not %#v", what, got, want)
	}
	return nil
}

// parse reads a value as the suites write it.
func parse(kind, text string) (any, error) {
	switch strings.ToLower(kind) {
	case "boolean":
		return strconv.ParseBool(text)
	case "string":
		return text, nil
	case "integer":
		return strconv.ParseInt(text, 10, 64)
	case "float":
		return strconv.ParseFloat(text, 64)
	case "object":
		var v map[string]any
		d := json.NewDecoder(strings.NewReader(strings.ReplaceAll(text, `\"`, `"`)))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		for key, item := range v {
			if n, ok := item.(json.Number); ok {
				v[key], _ = n.Int64()
			}
		}
		return v, nil
	}
	return nil, fmt.Errorf("no type %q", kind)
}
