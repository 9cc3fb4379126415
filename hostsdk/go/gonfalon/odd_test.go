package gonfalon

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// panicking is whatever a program may hand in, and panics whatever it is asked.
type panicking struct{ _ string }

func (panicking) ActorID() string              { panic(panicking{}) }
func (panicking) InGroup(string) bool          { panic(panicking{}) }
func (panicking) MarshalText() ([]byte, error) { panic(panicking{}) }
func (panicking) String() string               { panic(panicking{}) }
func (panicking) Error() string                { panic(panicking{}) }
func (panicking) Value(any) any                { panic(panicking{}) }
func (panicking) Deadline() (time.Time, bool)  { panic(panicking{}) }
func (panicking) Done() <-chan struct{}        { panic(panicking{}) }
func (panicking) Err() error                   { panic(panicking{}) }

// panickingHandler is a log that panics.
type panickingHandler struct{ panicking }

func (panickingHandler) Enabled(context.Context, slog.Level) bool  { panic(panicking{}) }
func (panickingHandler) Handle(context.Context, slog.Record) error { panic(panicking{}) }
func (h panickingHandler) WithAttrs([]slog.Attr) slog.Handler      { return h }
func (h panickingHandler) WithGroup(string) slog.Handler           { return h }

type (
	pointerToItself *pointerToItself
	mapOfItself     map[string]mapOfItself
	namedText       string
)

// oddValues are what no program should hand in.
func oddValues() []any {
	var itself pointerToItself
	itself = &itself
	circle := map[string]any{}
	circle["again"] = []any{circle, &circle}
	own := mapOfItself{}
	own["again"] = own
	list := []any{nil}
	list[0] = list
	var nobody *user
	var nothing *panicking
	return []any{
		nil, nobody, nothing, (*string)(nil), (**string)(nil), (map[string]any)(nil), ([]string)(nil), (error)(nil), (*big.Int)(nil), (*time.Time)(nil), (context.Context)(nil),
		panicking{}, &panicking{}, []any{panicking{}}, map[string]any{"a": panicking{}}, &wild{}, wildText{}, itself, circle, own, list,
		true, 1.5, math.NaN(), math.Inf(-1), uint64(math.MaxUint64), complex(1, 2), 'x', []byte("bytes"), [4]int{}, [0]struct{}{}, make(chan int), func() {}, struct{ private int }{}, unsafe.Pointer(nil), uintptr(1),
		json.Number("1e999999999"), json.Number("-"), json.Number(strings.Repeat("9", 2_000)), *big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 2_000), big.NewFloat(1.5), time.Time{}, time.Unix(1<<60, 0),
		"", "\x00\xff\xed\xa0\x80", namedText("x"), strings.Repeat("x", 1<<12), map[namedText]any{"a": 1}, map[int]string{1: "x"}, map[any]any{"a": 1},
	}
}

func TestNoDecisionPanicsWhateverAProgramHandsIn(t *testing.T) {
	panics := func() { panic(panicking{}) }
	hooks := []Hook{{Evaluated: func(Evaluation) { panics() }, Changed: func(Event) { panics() }}, {}}
	clients := map[string]*Client{}
	for name, config := range map[string]Config{
		"as usual":           {Logger: quiet},
		"with hooks":         {Logger: quiet, Hooks: hooks},
		"whose log panics":   {Logger: slog.New(panickingHandler{}), Hooks: hooks},
		"whose clock panics": {Logger: quiet, Clock: func() time.Time { panic(panicking{}) }},
		"with nothing":       {Logger: quiet, LastGood: t.TempDir() + "/none"},
	} {
		config.ReadyWithin = -1
		if name != "with nothing" {
			config.Bootstrap = compiled(t, 1, flags...)
		}
		c, err := New(nil, config) //nolint:staticcheck // a nil context is one of the odd things
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.Subscribe(nil)
		clients[name] = c
	}
	var none context.Context
	contexts := []context.Context{none, context.Context((*panicking)(nil)), panicking{}, t.Context()}
	for name, c := range clients {
		for _, v := range oddValues() {
			what := fmt.Sprintf("%s, %T", name, v)
			options := [][]Option{{For(v)}, {With("a", v)}, {With("plan", v)}, {Attributes(map[string]any{"plan": v, "": v})}, {ContextOf(map[string]any{"targetingKey": v, "groups": v, "plan": v})}, {Prepare(For(v), With("plan", v), With("plan", v))}, {{}, Prepare(), For(v), Default(true)}}
			for _, ctx := range contexts {
				if ctx != (panicking{}) {
					ctx = Remember(ctx, For(v), With("plan", v))
				}
				options = append(options, []Option{From(ctx)}, []Option{From(OverrideAll(ctx, c)), From(Override(ctx, nil))})
			}
			for _, opts := range options {
				for _, key := range []string{"on", "group", "hero", "soon", "rule", "time", "", "\x00\xff", strings.Repeat("k", 10_000)} {
					c.Enabled(key, opts...)
					c.Variant(key, opts...)
					c.PayloadInt(key, opts...)
					c.Decide(key, opts...)
					c.Explain(key, opts...)
				}
				if d := c.AppendAll(nil, []string{"on", ""}, opts...); len(d) != 2 {
					t.Errorf("%s: %d decisions", what, len(d))
				}
				c.DecideAll(opts...)
			}
		}
		if c.Enabled("on") != (name != "with nothing") {
			t.Errorf("%s: it decides wrongly afterwards", name)
		}
	}
}

func TestAKeyIsLoggedInShort(t *testing.T) {
	c, log := logged(t, Config{})
	c.Enabled(strings.Repeat("x", 10_000))
	c.Enabled("line\nlevel=ERROR forged\u202e")
	c.Close()
	if lines := bytes.Count(log.Bytes(), []byte("no such flag")); lines != 2 || log.Len() > 2000 || strings.Contains(log.String(), "\nlevel=ERROR") || strings.Contains(log.String(), "\u202e") {
		t.Errorf("%d lines, %d bytes: %.3000q", lines, log.Len(), log)
	}
}
