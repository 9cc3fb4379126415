package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// What an option writes is read somewhere: an option that is registered and then not handed on does nothing. Names are
// compared, not types, so a field counts as read if a field of that name is.
func TestEveryOptionIsRead(t *testing.T) {
	written, read := map[string]string{}, map[string]bool{}
	set, files := sources(t)
	for name, file := range files {
		// skip has what is no reading of a name: an option's own target and declarations.
		skip := map[ast.Node]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				for _, declared := range n.Names {
					skip[declared] = true
				}
			case *ast.Field:
				for _, declared := range n.Names {
					skip[declared] = true
				}
			case *ast.CallExpr:
				call, ok := n.Fun.(*ast.SelectorExpr)
				if !ok || !strings.HasSuffix(strings.TrimSuffix(call.Sel.Name, "P"), "Var") || len(n.Args) == 0 {
					break
				}
				target, ok := n.Args[0].(*ast.UnaryExpr)
				if !ok || target.Op != token.AND {
					break
				}
				where := set.Position(n.Pos()).String()
				switch x := target.X.(type) {
				case *ast.SelectorExpr:
					if !x.Sel.IsExported() { // else the struct is another package's, and handed on whole
						skip[x.Sel] = true
						written["."+x.Sel.Name] = where
					}
				case *ast.Ident:
					skip[x] = true
					written[name+" "+x.Name] = where
				}
			case *ast.SelectorExpr:
				if !skip[n.Sel] {
					read["."+n.Sel.Name] = true
				}
				skip[n.Sel] = true
			case *ast.Ident:
				if !skip[n] {
					read[name+" "+n.Name] = true
				}
			}
			return true
		})
	}
	if len(written) < 40 {
		t.Fatalf("only %d options were found", len(written))
	}
	for name, where := range written {
		if !read[name] {
			t.Errorf("%s: nothing reads %s: the option does nothing", where, name)
		}
	}
}

// sources returns the syntax of this package's files by their names, without its tests.
func sources(t *testing.T) (*token.FileSet, map[string]*ast.File) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set, files := token.NewFileSet(), map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if files[name], err = parser.ParseFile(set, name, nil, parser.SkipObjectResolution); err != nil {
			t.Fatal(err)
		}
	}
	return set, files
}
