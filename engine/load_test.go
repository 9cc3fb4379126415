package engine_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

func code(err error) engine.Code {
	var e *engine.LoadError
	if errors.As(err, &e) {
		return e.Code
	}
	return engine.CodeOK
}

func TestLoad(t *testing.T) {
	data := compiled(t, everything)
	s := loaded(t, data)
	if s.Environment() != "test" || s.Revision() != 7 || s.Len() != 10 || s.Segments() != 2 || s.Bytes() != string(data) || len(s.Lineage()) != engine.LineageBytes {
		t.Errorf("%s %d %d %d", s.Environment(), s.Revision(), s.Len(), s.Segments())
	}
	for i := range s.Len() {
		if s.Find(s.Key(i)) != i || i > 0 && s.Key(i-1) >= s.Key(i) {
			t.Errorf("flag %d: %s", i, s.Key(i))
		}
	}
	data[len(data)-engine.IDBytes-3]++ // the snapshot has a copy of its own
	if s.Bytes() == string(data) {
		t.Error("the snapshot shares the caller's bytes")
	}
}

func TestLoadRefusesTruncatedBytes(t *testing.T) {
	data := compiled(t, everything)
	for n := range data {
		if _, err := engine.Load(data[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes loaded", n, len(data))
		}
	}
	if _, err := engine.Load(append(data[:len(data):len(data)], 0)); err == nil {
		t.Error("a byte too many loaded")
	}
}

// The content id notices every altered byte. With a matching id, each alteration either loads or is refused, and what loads decides
// without a panic.
func TestLoadSurvivesAlteredBytes(t *testing.T) {
	data := compiled(t, everything)
	in := actor("user:1", "staff")
	in.Attributes = []engine.Attribute{engine.String("plan", "pro"), engine.Int("seats", 12), engine.String("email", "a@acme.com"), engine.String("country", "DE")}
	seen := map[engine.Code]int{}
	for at := range len(data) - engine.IDBytes {
		for _, x := range []byte{0x00, 0x7f, 0x80, 0x90, 0xa0, 0xc0, 0xc1, 0xc4, 0xcb, 0xcf, 0xd3, 0xdb, 0xdd, 0xff, data[at] + 1, data[at] - 1, data[at] ^ 0x20} {
			altered := append([]byte(nil), data...)
			if altered[at] == x {
				continue
			}
			altered[at] = x
			if _, err := engine.Load(altered); err == nil {
				t.Fatalf("byte %d altered to %x loaded", at, x)
			}
			s, err := engine.Load(engine.Reseal(altered))
			seen[code(err)]++
			if err == nil {
				exercise(s, in)
			}
		}
	}
	for _, c := range []engine.Code{engine.CodeOK, engine.CodeNotOurs, engine.CodeFormat, engine.CodeMalformed, engine.CodeCounts, engine.CodeLimit, engine.CodeOrder, engine.CodeReference} {
		if seen[c] == 0 {
			t.Errorf("no alteration gave %q", c)
		}
	}
}

// exercise calls everything that a snapshot can do.
func exercise(s *engine.Snapshot, in engine.Input) {
	var sc engine.Scratch
	var d engine.Decision
	steps := make([]engine.Step, 64)
	names := make([]string, 8)
	for i := range s.Len() {
		s.EvaluateAt(i, &in, &sc, &d)
		n := min(s.Explain(i, &in, &sc, &d, steps), int32(len(steps)))
		for _, step := range steps[:n] {
			from, to := step.Constraints()
			for k := from; k < to; k++ {
				var c engine.Comparison
				s.Comparison(k, &in, &sc, &c)
				for v := range c.Values {
					s.Value(&c, v)
				}
			}
		}
		s.Groups(i, &sc, names)
	}
}

func FuzzLoad(f *testing.F) {
	golden(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		in := actor("user:1", "staff")
		in.Attributes = []engine.Attribute{engine.String("plan", "pro"), engine.Float("seats", 12)}
		if s, err := engine.Load(data); err == nil {
			exercise(s, in)
		}
		if len(data) > engine.IDBytes {
			if s, err := engine.Load(engine.Reseal(data)); err == nil {
				exercise(s, in)
			}
		}
	})
}

// FuzzEvaluate alters a valid snapshot in some places, and decides by it if it still loads.
func FuzzEvaluate(f *testing.F) {
	f.Add(uint32(40), byte(1), uint32(300), byte(0x93), "user:1", "pro", int64(0))
	f.Add(uint32(200), byte(0xc0), uint32(201), byte(2), "", "x@acme.com", int64(1795737600_000_000))
	data := compiled(f, everything)
	f.Fuzz(func(t *testing.T, p uint32, x byte, q uint32, y byte, key, text string, now int64) {
		altered := append([]byte(nil), data...)
		altered[p%uint32(len(altered))] = x
		altered[q%uint32(len(altered))] = y
		in := actor(key, text)
		in.Now = now
		in.Attributes = []engine.Attribute{engine.String("plan", text), engine.String("email", text), engine.Integer("seats", text), engine.Encoded("list", text)}
		if s, err := engine.Load(engine.Reseal(altered)); err == nil {
			exercise(s, in)
		}
	})
}

// golden seeds a fuzz target with every golden file.
func golden(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("snapshot/testdata/golden/*.snapshot")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(compiled(f, everything))
}
