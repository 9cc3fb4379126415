package engine_test

import (
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/request"
)

func encoded(t testing.TB, r request.Request) string {
	t.Helper()
	b, err := r.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A request in bytes decides like the typed input.
func TestRequest(t *testing.T) {
	s := load(t, everything)
	key := "user:1"
	typed := actor(key, "visitors", "staff")
	typed.Now, typed.Roll = 1795737600_000_000, 1<<63|12345
	typed.Attributes = []engine.Attribute{engine.String("plan", "pro"), engine.Int("seats", 12)}
	r := request.Request{Actor: &key, Groups: typed.Groups, Now: typed.Now, Roll: typed.Roll, Attributes: map[string]any{"plan": "pro", "seats": int64(12)}}
	var parsed engine.Request
	var sc engine.Scratch
	for i := range s.Len() {
		r.Flags = []string{s.Key(i)}
		if !parsed.Parse(encoded(t, r)) || parsed.Flag != s.Key(i) {
			t.Fatalf("%s: not parsed", s.Key(i))
		}
		var d engine.Decision
		s.Evaluate(parsed.Flag, &parsed.Input, &sc, &d)
		want := decide(s, s.Key(i), typed)
		if d != want {
			t.Errorf("%s: %+v, typed %+v", s.Key(i), d, want)
		}
		numbered := r
		numbered.Flags, numbered.Numbers = nil, []int64{int64(i)}
		if !parsed.Parse(encoded(t, numbered)) || parsed.Number(s) != i {
			t.Fatalf("number %d: not parsed", i)
		}
		if parsed.Evaluate(s, &sc, &d); d != want {
			t.Errorf("number %d: %+v, typed %+v", i, d, want)
		}
	}
	for _, number := range []int64{int64(s.Len()), -1, 1 << 40, -1 << 63} {
		var d engine.Decision
		if !parsed.Parse(encoded(t, request.Request{Numbers: []int64{number}})) || parsed.Number(s) != -1 {
			t.Fatalf("number %d: not parsed, or some flag's", number)
		}
		if parsed.Evaluate(s, &sc, &d); d.Reason != engine.ReasonUnknownFlag {
			t.Errorf("number %d: %+v", number, d)
		}
	}
	all := make([]engine.Decision, 4)
	r.Flags, r.Batch = nil, true
	if !parsed.Parse(encoded(t, r)) {
		t.Fatal("a batch of all: not parsed")
	}
	for first := int32(0); first <= s.Len(); first += 4 {
		n := parsed.Batch(s, first, &sc, all)
		if n != max(min(s.Len()-first, 4), 0) {
			t.Fatalf("batch from %d: %d", first, n)
		}
		for i := range n {
			if want := decide(s, s.Key(first+i), typed); all[i] != want {
				t.Errorf("%s: %+v, alone %+v", s.Key(first+i), all[i], want)
			}
		}
	}
	r.Flags = []string{"rules", "no such flag", "hero"}
	if !parsed.Parse(encoded(t, r)) || parsed.Batch(s, 0, &sc, all) != 3 || all[1].Reason != engine.ReasonUnknownFlag || all[2] != decide(s, "hero", typed) {
		t.Errorf("a batch of three: %+v", all)
	}
	if n := parsed.Batch(s, 2, &sc, all); n != 1 || all[0] != decide(s, "hero", typed) {
		t.Errorf("its third: %d, %+v", n, all[0])
	}
	r.Flags, r.Numbers = []string{"rules"}, []int64{int64(s.Len()), int64(s.Find("hero"))}
	if !parsed.Parse(encoded(t, r)) || parsed.Batch(s, 0, &sc, all) != 3 || all[1].Reason != engine.ReasonUnknownFlag || all[2] != decide(s, "hero", typed) {
		t.Errorf("a batch of a key and two numbers: %+v", all)
	}
}

// Fields that a request leaves out at its end count as empty.
func TestRequestsMayEndEarly(t *testing.T) {
	s := load(t, everything)
	key := "user:1"
	whole := request.Request{Actor: &key, Groups: []string{"staff"}, Now: 1795737600_000_000, Roll: 1 << 50, Attributes: map[string]any{"plan": "pro", "seats": int64(12)}}
	cut := whole
	var parsed engine.Request
	var sc engine.Scratch
	for fields := 6; fields > 0; fields-- {
		switch fields {
		case 5:
			cut.Attributes = nil
		case 4:
			cut.Roll = 0
		case 3:
			cut.Now = 0
		case 2:
			cut.Groups = nil
		case 1:
			cut.Actor = nil
		}
		for i := range s.Len() {
			var got, want engine.Decision
			cut.Numbers = []int64{int64(i)}
			parsed.Parse(encoded(t, cut))
			parsed.Evaluate(s, &sc, &want)
			whole.Numbers = cut.Numbers
			if !parsed.Parse(shortened(t, encoded(t, whole), fields)) {
				t.Fatalf("%d fields: not parsed", fields)
			}
			if parsed.Evaluate(s, &sc, &got); got != want {
				t.Errorf("%s by %d fields: %+v, want %+v", s.Key(i), fields, got, want)
			}
		}
	}
	for _, bad := range []string{"\x90", "\x97\x00\xc0\x90\x00\x00\x80\x00", ""} {
		if parsed.Parse(bad) {
			t.Errorf("%x parsed", bad)
		}
	}
}

// shortened returns a request with only its first fields.
func shortened(t *testing.T, request string, fields int) string {
	t.Helper()
	d := msgpack.NewDecoder(strings.NewReader(request[1:]))
	short := []byte{0x90 | byte(fields)}
	for range fields {
		field, err := d.DecodeRaw()
		if err != nil {
			t.Fatal(err)
		}
		short = append(short, field...)
	}
	return string(short)
}

func TestRequestRefusesTruncatedBytes(t *testing.T) {
	key := "user:1"
	whole := encoded(t, request.Request{Flags: []string{"f"}, Actor: &key, Groups: []string{"g"}, Now: 5, Roll: 7, Attributes: map[string]any{"a": "b"}})
	var r engine.Request
	attributes := strings.Index(whole, "a")
	for n := range whole {
		// Attributes are read when a rule asks for them, so a request that is cut short there parses, but has fewer.
		if ok := r.Parse(whole[:n]); ok && n < attributes {
			t.Errorf("the first %d of %d bytes parsed", n, len(whole))
		}
	}
}

func FuzzRequest(f *testing.F) {
	key := "user:1"
	f.Add([]byte(encoded(f, request.Request{Flags: []string{"rules"}, Actor: &key, Groups: []string{"staff"}, Now: 5, Attributes: map[string]any{"plan": "pro", "seats": 1.5, "l": []any{int64(1)}}})))
	s := load(f, everything)
	f.Fuzz(func(t *testing.T, data []byte) {
		var r engine.Request
		if !r.Parse(string(data)) {
			return
		}
		var sc engine.Scratch
		var d engine.Decision
		for i := range s.Len() {
			s.EvaluateAt(i, &r.Input, &sc, &d)
		}
		r.Evaluate(s, &sc, &d)
		r.WriteNeeds(s, &sc, make([]string, 8), make([]byte, 4096))
		var x engine.ExplanationBuffer
		r.Flag = "rules"
		x.Write(s, &r, &sc, &d, make([]byte, 4096))
		r.Batch(s, 0, &sc, make([]engine.Decision, 8))
	})
}
