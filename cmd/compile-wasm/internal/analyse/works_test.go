package analyse

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"golang.org/x/tools/go/packages"
)

// gc drops the init functions in which it finds nothing to do, and with them the
// package's place in the order.
func TestWorksInInit(t *testing.T) {
	for body, want := range map[string]bool{
		"": false, ";": false, "{ {} }": false, "const x = 1": false, "type T int": false, "if false { f() }": false, "for false { f() }": false,
		"_ = 1": true, "return": true, "f()": true, "{}; f()": true,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "p.go", "package p\n\nfunc f() {}\n\nfunc init() { "+body+" }\n", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := worksInInit(&packages.Package{Syntax: []*ast.File{file}}); got != want {
			t.Errorf("%q: %v", body, got)
		}
	}
}
