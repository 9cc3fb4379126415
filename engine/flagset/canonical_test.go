package flagset

import (
	"reflect"
	"testing"
	"unicode/utf8"
)

// texts visits every text of a model, except for names that the model chooses from a list.
func texts(v reflect.Value, path string, visit func(path string, text reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			texts(v.Elem(), path, visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			texts(v.Index(i), path, visit)
		}
	case reflect.Struct:
		for f, field := range v.Fields() {
			if f.IsExported() && f.Name != "Operator" {
				texts(field, v.Type().Name()+"."+f.Name, visit)
			}
		}
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			visit(path, v)
		}
	}
}

// Canonical turns every text into valid UTF-8, and loses none.
func TestCanonicalTexts(t *testing.T) {
	set, problems := ParseYAML(everything(t))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	spoiled, mended := map[string]bool{}, map[string]bool{}
	texts(reflect.ValueOf(&set), "", func(path string, text reflect.Value) {
		text.SetString("\xff")
		spoiled[path] = true
	})
	texts(reflect.ValueOf(set.Canonical()), "", func(path string, text reflect.Value) {
		if !utf8.ValidString(text.String()) {
			t.Errorf("canonical.go leaves %s as it is: %q", path, text)
		}
		mended[path] = mended[path] || text.String() != ""
	})
	for path := range spoiled {
		if !mended[path] {
			t.Errorf("canonical.go loses %s", path)
		}
	}
	if len(spoiled) < 10 {
		t.Errorf("only %d texts were found", len(spoiled))
	}
}
