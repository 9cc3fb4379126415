package main

import (
	"go/ast"
	"go/token"
	"testing"
)

// Each row of a table has as many cells as the header above it.
func TestRowsFitTheirHeader(t *testing.T) {
	set, files := sources(t)
	tables := 0
	for _, file := range files {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			columns := 0
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.KeyValueExpr:
					key, _ := n.Key.(*ast.Ident)
					list, ok := n.Value.(*ast.CompositeLit)
					switch {
					case !ok || key == nil:
					case key.Name == "header":
						columns = len(list.Elts)
						tables++
					case key.Name == "rows":
						for _, row := range list.Elts {
							fits(t, set, row, columns)
						}
					}
				case *ast.CallExpr:
					if name, ok := n.Fun.(*ast.Ident); !ok || name.Name != "append" || len(n.Args) != 2 {
						break
					}
					if to, ok := n.Args[0].(*ast.SelectorExpr); ok && to.Sel.Name == "rows" {
						fits(t, set, n.Args[1], columns)
					}
				}
				return true
			})
		}
	}
	if tables < 10 {
		t.Errorf("only %d tables were found", tables)
	}
}

func fits(t *testing.T, set *token.FileSet, row ast.Expr, columns int) {
	t.Helper()
	if cells, ok := row.(*ast.CompositeLit); !ok || len(cells.Elts) != columns {
		t.Errorf("%s: this row doesn't have the %d cells of its header", set.Position(row.Pos()), columns)
	}
}
