// Package hostsdk_test holds what every SDK shares against what each one has.
package hostsdk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// surface is surface.json: what SDKs have, and the name of each part. README.md describes it.
type surface struct {
	languages []string          // the folders, in order
	called    map[string]string // a folder's language
	features  []string
	words     map[string][]string
	sections  []section
}

// section is a type with its members.
type section struct {
	key   string
	Title string
	Type  string
	Names [][2]string // what it is, and its name
}

// language is the surface.json of a language: where its names differ.
type language struct {
	Case  string
	Types map[string]*string            // of a section, where it isn't the section's; null if the language has no such type
	Other map[string]map[string]*string // by section and name; null if the language doesn't have it
	More  map[string]map[string]string  // names that this language alone has, and what they are
}

// readSurface reads surface.json, whose sections and languages stay in order.
func readSurface(t *testing.T) *surface {
	t.Helper()
	data, err := os.ReadFile("surface.json")
	if err != nil {
		t.Fatal(err)
	}
	s := &surface{}
	members(t, data, func(key string, value json.RawMessage) error {
		switch key {
		case "languages":
			members(t, value, func(folder string, _ json.RawMessage) error {
				s.languages = append(s.languages, folder)
				return nil
			})
			return json.Unmarshal(value, &s.called)
		case "features":
			return json.Unmarshal(value, &s.features)
		case "words":
			return json.Unmarshal(value, &s.words)
		}
		s.sections = append(s.sections, section{key: key})
		return json.Unmarshal(value, &s.sections[len(s.sections)-1])
	})
	return s
}

// members calls do for each member of a JSON object, in order.
func members(t *testing.T, object []byte, do func(key string, value json.RawMessage) error) {
	t.Helper()
	in := json.NewDecoder(bytes.NewReader(object))
	_, err := in.Token()
	for err == nil && in.More() {
		var key json.Token
		var value json.RawMessage
		if key, err = in.Token(); err == nil {
			if err = in.Decode(&value); err == nil {
				err = do(key.(string), value)
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// readLanguage reads a language's surface.json; nil if there is none. It fails the test if it names what surface.json doesn't.
func readLanguage(t *testing.T, s *surface, folder string) *language {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "surface.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	l := &language{}
	in := json.NewDecoder(bytes.NewReader(data))
	in.DisallowUnknownFields()
	if err := in.Decode(l); err != nil {
		t.Fatalf("%s/surface.json: %v", folder, err)
	}
	if !slices.Contains([]string{"snake", "camel", "pascal"}, l.Case) {
		t.Errorf("%s/surface.json: the case is %q, want snake, camel or pascal", folder, l.Case)
	}
	has := map[string][]string{}
	for _, section := range s.sections {
		names := []string{}
		for _, row := range section.Names {
			names = append(names, row[1])
		}
		has[section.key] = names
	}
	for _, sections := range [][]string{slices.Collect(maps.Keys(l.Types)), slices.Collect(maps.Keys(l.Other)), slices.Collect(maps.Keys(l.More))} {
		for _, key := range sections {
			if has[key] == nil {
				t.Errorf("%s/surface.json: surface.json has no section %q", folder, key)
			}
			for name := range l.Other[key] {
				if !slices.Contains(has[key], name) {
					t.Errorf("%s/surface.json: section %q has no name %q", folder, key, name)
				}
			}
		}
	}
	return l
}

// of returns the section's type in the language; "" if it has none.
func (l *language) of(s *section) string {
	name, differs := l.Types[s.key]
	switch {
	case !differs:
		return s.Type
	case name == nil:
		return ""
	}
	return *name
}

// call returns what the language calls a name of the section; "" if it doesn't have it.
func (l *language) call(s *section, name string) string {
	if l.of(s) == "" {
		return ""
	}
	if other, differs := l.Other[s.key][name]; differs {
		if other == nil {
			return ""
		}
		return *other
	}
	return inCase(l.Case, name)
}

// inCase returns a name in a language's case. A name with a capital letter is a type's, and the same in all.
func inCase(rule, name string) string {
	if name != strings.ToLower(name) || rule == "snake" {
		return name
	}
	words := strings.Split(name, "_")
	for i, word := range words {
		if i > 0 || rule == "pascal" {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, "")
}

// names returns all names that the language has in a section.
func (l *language) names(s *section) []string {
	var names []string
	for _, row := range s.Names {
		if name := l.call(s, row[1]); name != "" {
			names = append(names, name)
		}
	}
	return append(names, slices.Sorted(maps.Keys(l.More[s.key]))...)
}

// Every name of a section is there once, and a language's file says nothing that follows from its case.
func TestSurface(t *testing.T) {
	s := readSurface(t)
	for _, section := range s.sections {
		seen := map[string]bool{}
		for _, row := range section.Names {
			if seen[row[1]] {
				t.Errorf("%s: %s is there twice", section.key, row[1])
			}
			seen[row[1]] = true
		}
	}
	for _, folder := range s.languages {
		l := readLanguage(t, s, folder)
		if l == nil {
			continue
		}
		for key, names := range l.Other {
			for name, other := range names {
				if other != nil && *other == inCase(l.Case, name) {
					t.Errorf("%s/surface.json: %s of %s is what the case makes of it", folder, name, key)
				}
			}
		}
	}
}
