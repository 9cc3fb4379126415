package snapshot

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/internal/pack"
	"github.com/gonfalon-flags/gonfalon/engine/request"
)

var update = flag.Bool("update", false, "write the golden files anew")

const golden = "testdata/golden/"

// goldenHeader is the header of every golden snapshot. delta_next has the next revision.
var goldenHeader = Header{Environment: "golden", Lineage: [16]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, Revision: 41}

// goldenFile compares bytes with a golden file, or writes it.
func goldenFile(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden+name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden + name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs:\n got %x\nwant %x\nIf the format was meant to change: make golden", name, got, want)
	}
}

// goldens compiles the documents beside the golden files.
func goldens(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(golden + "*.yaml")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d documents: %v", len(files), err)
	}
	compiled := map[string][]byte{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		document := flagset.ReadDocument(text)
		if err := flagset.Err(document.Problems); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		h, name := goldenHeader, strings.TrimSuffix(filepath.Base(file), ".yaml")
		if name == "delta_next" {
			h.Revision++
		}
		data, problems := Compile(h, &document.Set, Strict)
		if err := flagset.Err(problems); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		compiled[name] = data
	}
	return compiled
}

func TestGolden(t *testing.T) {
	compiled := goldens(t)
	for name, data := range compiled {
		goldenFile(t, name+".snapshot", data)
	}
	delta, err := Delta(compiled["delta_base"], compiled["delta_next"])
	if err != nil {
		t.Fatal(err)
	}
	goldenFile(t, "delta.delta", delta)
	goldenFile(t, "never.snapshot", never(t))
	base, err := engine.Load(compiled["delta_base"])
	if err != nil {
		t.Fatal(err)
	}
	if next, err := engine.Apply(base, delta); err != nil || !bytes.Equal(next, compiled["delta_next"]) {
		t.Errorf("the golden delta: %x %v", next, err)
	}
}

// never returns a snapshot with constraints that can't hold. No document has any, since reading it refuses them.
func never(t *testing.T) []byte {
	t.Helper()
	data, problems := Compile(goldenHeader, &flagset.Set{
		Segments: []flagset.Segment{{Key: "s", Constraints: rule("a", "no such operator", "x").Constraints}},
		Flags: []flagset.Flag{
			{Key: "number", Gates: []flagset.Gate{rule("a", "eq", math.NaN())}},
			{Key: "pattern", Gates: []flagset.Gate{rule("a", "matches", "([unclosed")}},
			{Key: "segment", Gates: []flagset.Gate{{Type: flagset.SegmentGate, Target: "s", Enabled: true}}},
		},
	}, Tolerant)
	if err := flagset.Err(problems); err != nil {
		t.Fatal(err)
	}
	return data
}

// digits is an integer beyond int64 in the snapshot's form.
type digits string

func init() {
	msgpack.RegisterExtDecoder(pack.ExtInteger, digits(""), func(d *msgpack.Decoder, v reflect.Value, n int) error {
		text := make([]byte, n)
		err := d.ReadFull(text)
		v.SetString(string(text))
		return err
	})
}

// decoded reads one msgpack value with the library.
func decoded(t *testing.T, data []byte) any {
	t.Helper()
	d := msgpack.NewDecoder(bytes.NewReader(data))
	v, err := d.DecodeInterface()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.PeekCode(); err == nil {
		t.Fatalf("bytes after the value in %x", data)
	}
	return signed(v)
}

// signed converts the library's integers of all sizes to int64.
func signed(v any) any {
	switch v := v.(type) {
	case int8, int16, int32, uint8, uint16, uint32, uint64:
		wide, err := flagset.Normalise(v)
		if err != nil {
			panic(err)
		}
		return wide
	case []any:
		for i := range v {
			v[i] = signed(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = signed(v[name])
		}
	}
	return v
}

// rewritten encodes a decoded value again.
func rewritten(w *pack.Writer, v any) {
	switch v := v.(type) {
	case []any:
		w.Array(len(v))
		for _, item := range v {
			rewritten(w, item)
		}
	case []byte:
		w.Binary(v)
	case digits:
		w.Digits(string(v))
	case map[string]any:
		w.Map(len(v))
		for _, name := range sortedNames(v) {
			w.Text(name)
			rewritten(w, v[name])
		}
	default:
		if err := w.Value(v); err != nil {
			panic(err)
		}
	}
}

func sortedNames(m map[string]any) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// The library and the engine read the same fields from every golden snapshot, and its bytes are canonical.
func TestGoldenReadTwice(t *testing.T) {
	for name, data := range goldens(t) {
		s, err := engine.Load(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		root := decoded(t, data).([]any)
		w := pack.NewWriter()
		rewritten(w, root)
		if !bytes.Equal(w.Bytes(), data) {
			t.Errorf("%s is not canonical:\n    %x\nnot %x", name, data, w.Bytes())
		}
		head, segments, flags := root[0].([]any), root[1].([]any), root[2].([]any)
		if id := sha256.Sum256(data[:len(data)-32]); !bytes.Equal(root[3].([]byte), id[:]) || s.ID() != string(id[:]) {
			t.Errorf("%s: id %x", name, root[3])
		}
		want := []any{"gonfalon", int64(1), s.Environment(), []byte(s.Lineage()), s.Revision()}
		if !reflect.DeepEqual(head[:5], want) {
			t.Errorf("%s: the library reads %v, the engine %v", name, head[:5], want)
		}
		if int(s.Len()) != len(flags) || int(s.Segments()) != len(segments) {
			t.Errorf("%s: %d flags and %d segments, for the engine %d and %d", name, len(flags), len(segments), s.Len(), s.Segments())
		}
		read := map[string][]any{}
		for _, pair := range segments {
			read[pair.([]any)[0].(string)] = recordOf(t, pair)
		}
		for i, pair := range flags {
			key := pair.([]any)[0].(string)
			if s.Key(int32(i)) != key {
				t.Errorf("%s: flag %d is %q, for the engine %q", name, i, key, s.Key(int32(i)))
			}
			agree(t, name, s, key, recordOf(t, pair), read)
		}
	}
}

// recordOf decodes the record of a [key, record] pair.
func recordOf(t *testing.T, pair any) []any {
	t.Helper()
	body := pair.([]any)[1].([]byte)
	record := decoded(t, body).([]any)
	w := pack.NewWriter()
	rewritten(w, record)
	if !bytes.Equal(w.Bytes(), body) {
		t.Errorf("record %v is not canonical: %x, not %x", pair.([]any)[0], body, w.Bytes())
	}
	return record
}

// explained decides a flag and returns the steps of the explanation, in the layout of wasm/ABI.md, by gate.
func explained(t *testing.T, s *engine.Snapshot, key string, ask func(*request.Request)) (engine.Decision, map[engine.Gate][][]any) {
	t.Helper()
	request := request.Request{Flags: []string{key}, Now: noon}
	if ask != nil {
		ask(&request)
	}
	bytes, err := request.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	var r engine.Request
	if !r.Parse(string(bytes)) {
		t.Fatalf("the engine can't read the request %x", bytes)
	}
	var d engine.Decision
	out := make([]byte, 1<<16)
	n := new(engine.ExplanationBuffer).Write(s, &r, new(engine.Scratch), &d, out)
	if n < 0 {
		t.Fatal("the explanation is too long")
	}
	steps := map[engine.Gate][][]any{}
	for _, step := range decoded(t, out[:n]).([]any)[1].([]any) {
		gate := engine.Gate(step.([]any)[0].(int64))
		steps[gate] = append(steps[gate], step.([]any))
	}
	return d, steps
}

// agree compares a flag's record, as read by the library, with the engine's explanation.
func agree(t *testing.T, name string, s *engine.Snapshot, key string, record []any, segments map[string][]any) {
	t.Helper()
	bits, off := record[0].(int64), record[3].(int64)
	actors, groups, rules, variants := record[4].([]any), record[5].([]any), record[6].([]any), record[7].([]any)
	prerequisites, windows := record[8].([]any), record[9].([]any)
	differs := func(what string, engine, library any) {
		if fmt.Sprintf("%#v", engine) != fmt.Sprintf("%#v", library) {
			t.Errorf("%s, flag %s, %s: the engine reads %#v, the library %#v", name, key, what, engine, library)
		}
	}
	if bits&2 != 0 {
		d, _ := explained(t, s, key, nil)
		differs("kill", d.Gate, engine.GateKill)
		want := ""
		if off > 0 {
			want = variants[off-1].([]any)[0].(string)
		}
		differs("off variant", d.Variant, want)
		return
	}
	for i := 0; i < len(actors); i += 2 {
		_, steps := explained(t, s, key, func(r *request.Request) { r.Actor = new(actors[i].(string)) })
		differs("actor", steps[engine.GateActor][0][3], actors[i+1])
	}
	for i := 0; i < len(groups); i += 2 {
		_, steps := explained(t, s, key, func(r *request.Request) { r.Keyless, r.Groups = true, []string{groups[i].(string)} })
		differs("group "+groups[i].(string), steps[engine.GateGroup][0][3], groups[i+1])
	}
	d, steps := explained(t, s, key, func(r *request.Request) { r.Attributes = map[string]any{"no such": int64(0)} })
	for i, step := range steps[engine.GatePrerequisite] {
		differs("parent", []any{step[2], step[3] == int64(1)}, prerequisites[2*i:2*i+2])
	}
	if d.Gate == engine.GatePrerequisite {
		return
	}
	differs("prerequisites", len(steps[engine.GatePrerequisite]), len(prerequisites)/2)
	all := append(append([][]any(nil), steps[engine.GateRule]...), steps[engine.GateSegment]...)
	differs("rules", len(all), len(rules))
	for _, r := range rules {
		score, source := r.([]any)[0].(int64), r.([]any)[1]
		constraints, own := source.([]any)
		step := 0
		if !own {
			constraints = segments[source.(string)]
			step = slices.IndexFunc(all, func(x []any) bool { return x[2] == source })
		} else {
			step = slices.IndexFunc(all, func(x []any) bool { return x[2] == nil })
		}
		if score == 0 {
			differs("rule without a ratio", all[step][4], nil)
		} else {
			differs("ratio", all[step][4], score-1)
		}
		for i, c := range constraints {
			differs("constraint", all[step][6].([]any)[i].([]any)[:3], c.([]any)[:3])
		}
	}
	if on := steps[engine.GateBoolean]; len(on) > 0 {
		differs("boolean", on[0][3], bits&1)
	} else {
		differs("boolean", int64(0), bits&1)
	}
	if bits&1 != 0 {
		return
	}
	for i, step := range steps[engine.GateSchedule] {
		from, until := step[3], step[4]
		if from == nil {
			from = int64(math.MinInt64)
		}
		if until == nil {
			until = int64(math.MaxInt64)
		}
		differs("window", []any{from, until}, windows[2*i:2*i+2])
	}
	differs("windows", len(steps[engine.GateSchedule]), len(windows)/2)
	if draw := steps[engine.GatePercentageOfTime]; len(draw) > 0 {
		differs("draw", draw[0][4].(int64)+1, record[2])
	} else {
		differs("draw", int64(0), record[2])
	}
	nobody, steps := explained(t, s, key, func(r *request.Request) { r.Actor = new("nobody in particular") })
	if score := steps[engine.GatePercentageOfActors]; len(score) > 0 {
		differs("score", score[0][4].(int64)+1, record[1])
	} else {
		differs("score", int64(0), record[1])
	}
	if len(variants) > 0 {
		at := slices.IndexFunc(variants, func(v any) bool { return int64(nobody.Score) < v.([]any)[1].(int64) })
		payload, _ := variants[at].([]any)[2].([]byte)
		differs("variant", []any{nobody.Variant, nobody.Payload}, []any{variants[at].([]any)[0], string(payload)})
	} else {
		differs("variant", nobody.VariantIndex, int32(-1))
	}
}
