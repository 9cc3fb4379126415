package flagset

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// inParts returns a document in JSON, read as a whole if size is 0, or in parts of about so many bytes; nil if it can't be read so.
func inParts(text []byte, size int) []byte {
	w := newYAMLWriter(text)
	w.part = size
	around, lists := splitYAML(text)
	if size == 0 {
		around, lists = text, nil
	} else if len(lists) == 0 {
		return nil
	}
	if w.document(around, lists) != nil {
		return nil
	}
	return w.text
}

var partsCases = []string{
	"flags:\n- key: a\n- key: b\n",
	"# above\nsettings: {group_conflict: allow_wins}\n\nflags: # all of them\n\n  # the first\n  - key: a\n    gates:\n      - type: boolean\n\n  # the second\n  -\n    key: b\nsegments:\n  - key: s\n    constraints: []\n# below\n",
	"---\nflags:\r\n- key: a\r\n- key: b\r\nsegments: []\r\n...\n",
	"flags:\n- key: a\n  description: |\n    - key: x\n   # not a comment\n    flags:\n- key: b\n  description: >-\n      - y\n",
	"flags:\n- key: a\n  description: \"x\n\n- key: b\"\n- key: c\n",
	"flags:\n- key: a\n  description: 'x\n  - y\n    z'\n- {key: b,\n  tags: [x,\n- y]}\n",
	"flags:\n- &a {key: a}\n- *a\n- key: b\n  tags: &t [x]\n- key: c\n  tags: *t\n",
	"settings: &s {}\nflags:\n- key: a\n- *s\n",
	"a: \"x\nflags:\n- y\nz\"\n",
	"{\nflags:\n- a\n}\n",
	"flags:\n- a\nflags:\n- b\n",
	"flags:\n  - a\n - b\n",
	"flags:\n  - a\n  b: c\n",
	"flags: &x\n- a\n",
	"flags:\n- a\n---\nflags:\n- b\n",
	"? flags\n: - a\nsegments:\n- b\n",
	"flags:\n- - - a\n  - b\n-\tc\n",
	"flags:\n- |\n  text\n- a\n  b\n- 'c\n\n  d'\n",
	"flags:\n\t- a\n",
	"flags:\n- a\n-\n-\n- {}\n-",
	"flags:\n- 0\n>",
	"segments:\n  -\n !",
	"flags:\n- a\n...\n- b\n",
}

// TestYAMLPartsAreTheWhole reads documents in parts, and as a whole. Whatever reads in parts reads the same as a whole.
func TestYAMLPartsAreTheWhole(t *testing.T) {
	read := 0
	for _, text := range append(partsCases, string(everything(t))) {
		whole := inParts([]byte(text), 0)
		for size := 1; size < 64; size *= 2 {
			if parts := inParts([]byte(text), size); parts != nil {
				read++
				if !bytes.Equal(parts, whole) {
					t.Errorf("%q\nin parts is %s\nas a whole  %s", text, parts, whole)
				}
			}
		}
	}
	if read < 40 {
		t.Errorf("only %d were read in parts", read)
	}
}

func FuzzYAMLParts(f *testing.F) {
	for _, text := range partsCases {
		f.Add(text, 1)
	}
	f.Fuzz(func(t *testing.T, text string, size int) {
		if parts, whole := inParts([]byte(text), 1+size&63), inParts([]byte(text), 0); parts != nil && !bytes.Equal(parts, whole) {
			t.Errorf("%q\nin parts is %s\nas a whole  %s", text, parts, whole)
		}
	})
}

// longYAML is a document that is too long to be read as a whole.
func longYAML(flags int) string {
	var b strings.Builder
	b.WriteString("settings:\n  group_conflict: allow_wins\nflags:\n")
	for i := range flags {
		fmt.Fprintf(&b, "  - key: f%d\n    gates:\n", i)
		for j := range 5 {
			fmt.Fprintf(&b, "      - {type: actor, target: \"user:%d\", enabled: true}\n", 10*i+j)
		}
	}
	return b.String()
}

func TestLongYAML(t *testing.T) {
	const flags = 10_000
	text, problems := ReadText([]byte(longYAML(flags)))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	n := 0
	for f := range text.Flags() {
		if f.Key != fmt.Sprint("f", n) || len(f.Gates) != 5 || f.Gates[4].Target != fmt.Sprint("user:", 10*n+4) {
			t.Fatalf("flag %d is %+v", n, f)
		}
		n++
	}
	if n != flags || text.Settings().GroupConflict != AllowWins {
		t.Errorf("%d flags, %v", n, text.Settings())
	}
	if line := text.Lines([]Place{{Flag: "f9999", Pointer: "/gates/4/target"}})[0]; line != 3+7*flags {
		t.Errorf("the last gate is in line %d, not %d", line, 3+7*flags)
	}
}

// Whatever is wrong with a long document, the problem says where it is, or what to do.
func TestLongYAMLRefuses(t *testing.T) {
	good := longYAML(3000)
	_, goodFlags, _ := strings.Cut(good, "flags:\n")
	for text, want := range map[string]string{
		good + "  - key: [\n":                                           "line 21004: this is not YAML: did not find expected node content",
		good + "  - {key: a, kye: b}\n":                                 `line 21004: flag a /kye: a flag has no field "kye"`,
		good + "  - {key: a, description: 0x10}\n":                      `line 21004: "0x10" may be a number or text`,
		good + "  - {<<: {key: a}}\n":                                   "line 21004: merge keys",
		good + "  - {key: a}\n---\nflags: []\n":                         "there is more than one document",
		good + "flags: []\n":                                            `line 21004: /flags: "flags" is given twice`,
		good + "  - &a {key: a}\n" + goodFlags + "  - *a\n":             "an alias and its anchor must be in the same flag",
		"flags: [" + strings.Repeat("{}, ", 60_000) + "]\n":             "this is too long for YAML: write it as JSON, or split it",
		"flags:\n  - gates: [" + strings.Repeat("{}, ", 60_000) + "]\n": "line 2: this is too long for YAML",
	} {
		_, problems := ReadText([]byte(text))
		if err := Err(problems); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("…%q: %.300v, want %q", text[max(0, len(text)-60):], err, want)
		}
	}
}

// A flag too large to be read as YAML is written as JSON, which reads.
func TestLargeFlagInYAML(t *testing.T) {
	large := Flag{Key: "large", Description: "über <\u0001>\U0001F600"}
	for i := range 30_000 {
		large.Gates = append(large.Gates, Gate{Type: Actor, Target: fmt.Sprint("user:", i), Enabled: true})
	}
	set := Set{Flags: []Flag{{Key: "a"}, large, {Key: "m"}, large, {Key: "z"}}}
	set.Flags[3].Key = "more"
	text, err := MarshalYAML(&set)
	if err != nil {
		t.Fatal(err)
	}
	got, problems := ParseYAML(text)
	if len(problems) > 0 || len(got.Flags) != 5 || len(got.Flags[1].Gates) != 30_000 || got.Flags[3].Description != large.Description {
		t.Errorf("%d flags, %v", len(got.Flags), problems)
	}
}
