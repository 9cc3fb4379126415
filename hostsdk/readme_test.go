package hostsdk_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write README.md's tables of features and names, and go/features.json")

// TestREADMEHasTheFeatures makes README.md's table of features from each language's features.json.
func TestREADMEHasTheFeatures(t *testing.T) {
	s := readSurface(t)
	header, line, rows := "| |", "|---|", make([]string, len(s.features))
	for i, feature := range s.features {
		rows[i] = "| " + feature + " |"
	}
	for _, folder := range s.languages {
		data, err := os.ReadFile(filepath.Join(folder, "features.json"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		var has map[string]string
		if err := json.Unmarshal(data, &has); err != nil {
			t.Fatalf("%s/features.json: %v", folder, err)
		}
		if _, err := os.Stat(filepath.Join(folder, "README.md")); err != nil {
			t.Errorf("%s has features and no page: %v", folder, err)
		}
		header, line = header+" ["+s.called[folder]+"]("+folder+"/README.md) |", line+"---|"
		for i, feature := range s.features {
			if has[feature] == "" {
				t.Errorf("%s/features.json doesn't say %q", folder, feature)
			}
			rows[i] += " " + has[feature] + " |"
			delete(has, feature)
		}
		for feature := range has {
			t.Errorf("%s/features.json has %q, which isn't in surface.json", folder, feature)
		}
	}
	passage(t, "features: from each language's features.json", "\n"+header+"\n"+line+"\n"+strings.Join(rows, "\n")+"\n\n")
}

// TestREADMEHasTheNames makes README.md's tables of names from surface.json and each language's.
func TestREADMEHasTheNames(t *testing.T) {
	s := readSurface(t)
	languages := map[string]*language{}
	var folders []string
	for _, folder := range s.languages {
		if l := readLanguage(t, s, folder); l != nil {
			languages[folder] = l
			folders = append(folders, folder)
		}
	}
	var b strings.Builder
	for _, section := range s.sections {
		if section.key == "package" {
			continue // too long to be read
		}
		types := differing(s, folders, section.Type, func(folder string) string { return languages[folder].of(&section) })
		fmt.Fprintf(&b, "\n| %s | `%s` |%s |\n|---|---|---|\n", section.Title, section.Type, types)
		for _, row := range section.Names {
			has := slices.DeleteFunc(slices.Clone(folders), func(folder string) bool { return languages[folder].of(&section) == "" })
			others := differing(s, has, "", func(folder string) string {
				name := languages[folder].call(&section, row[1])
				if name == inCase(languages[folder].Case, row[1]) {
					return ""
				}
				if name == "" {
					return "–"
				}
				return name
			})
			fmt.Fprintf(&b, "| %s | `%s` |%s |\n", row[0], row[1], others)
		}
		for _, own := range ownNames(folders, languages, &section) {
			fmt.Fprintf(&b, "| %s | |%s |\n", own.is, differing(s, folders, "", func(folder string) string { return own.called[folder] }))
		}
	}
	b.WriteString("\n")
	for _, kind := range []string{"reason", "gate", "outcome", "operator"} {
		fmt.Fprintf(&b, "- `%s` is one of `%s`\n", kind, strings.Join(s.words[kind], "`, `"))
	}
	passage(t, "names: from surface.json and each language's", b.String()+"\n")
}

// ownName is what some languages have and surface.json doesn't.
type ownName struct {
	is     string
	called map[string]string // by folder
}

// ownNames returns what languages have of their own in a section. Names that are the same, or mean the same, are one.
func ownNames(folders []string, languages map[string]*language, section *section) []ownName {
	var own []ownName
	for _, folder := range folders {
		more := languages[folder].More[section.key]
		for _, name := range slices.Sorted(maps.Keys(more)) {
			i := slices.IndexFunc(own, func(o ownName) bool {
				return o.is == more[name] || slices.Contains(slices.Collect(maps.Values(o.called)), name)
			})
			if i < 0 {
				i = len(own)
				own = append(own, ownName{more[name], map[string]string{}})
			}
			own[i].called[folder] = name
		}
	}
	return own
}

// differing lists what languages call something, where it isn't usual: languages of one name together, those that lack it last.
func differing(s *surface, folders []string, usual string, call func(folder string) string) string {
	var names []string
	by := map[string][]string{}
	for _, folder := range folders {
		name := call(folder)
		if name == usual {
			continue
		}
		if by[name] == nil {
			names = append(names, name)
		}
		by[name] = append(by[name], s.called[folder])
	}
	var parts, lacking []string
	for _, name := range names {
		if name == "" || name == "–" {
			lacking = append(lacking, by[name]...)
		} else {
			parts = append(parts, strings.Join(by[name], ", ")+" `"+name+"`")
		}
	}
	if lacking != nil {
		parts = append(parts, "not in "+strings.Join(lacking, ", "))
	}
	if parts == nil {
		return ""
	}
	return " " + strings.Join(parts, "; ")
}

// passage compares a passage of README.md that is made of files, or writes it.
func passage(t *testing.T, title, want string) {
	t.Helper()
	kind, _, _ := strings.Cut(title, ":")
	begin, end := "<!-- "+title+"; make golden writes them -->\n", "<!-- /"+kind+" -->\n"
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("README.md has no place for the %s", kind)
	}
	whole := before + begin + want + end + after
	if *update {
		if err := os.WriteFile("README.md", []byte(whole), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if string(data) != whole {
		t.Errorf("README.md doesn't have the %s of the files: make golden", kind)
	}
}
