package hostsdk_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// loadCode is an entry of testdata/load-codes.json.
type loadCode struct {
	Code  int    `json:"code"`
	Name  string `json:"name"`
	Words string `json:"words"`
}

// TestLoadCodes compares testdata/load-codes.json with the engine's codes, which the tests of every SDK hold theirs against.
func TestLoadCodes(t *testing.T) {
	const file = "testdata/load-codes.json"
	var lines []string
	for i, name := range codeNames(t)[1:] {
		line := new(bytes.Buffer)
		encoder := json.NewEncoder(line)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(loadCode{i + 1, name, engine.Code(i + 1).String()}); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, "  "+strings.TrimSpace(line.String()))
	}
	want := "[\n" + strings.Join(lines, ",\n") + "\n]\n"
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("%s (%v) isn't what the engine says; make golden writes it", file, err)
	}
}

// codeNames reads the names of the codes, which ascend from 0, from their source: `CodeTooLarge` is too_large.
func codeNames(t *testing.T) (names []string) {
	source, err := parser.ParseFile(token.NewFileSet(), "../engine/code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(source, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if number := spec.Values[0].(*ast.BasicLit).Value; number != strconv.Itoa(len(names)) {
				t.Fatalf("%s is %s, not the next number", spec.Names[0].Name, number)
			}
			word := regexp.MustCompile("[A-Z]+[a-z]*").ReplaceAllString(strings.TrimPrefix(spec.Names[0].Name, "Code"), "_$0")
			names = append(names, strings.ToLower(word[1:]))
		}
		return true
	})
	return names
}
