package main

import (
	"bytes"
	"context"
	"errors"
	"go/ast"
	"go/token"
	"strings"
	"testing"
	"time"
)

// Whatever can't be printed, as on a full disk, is not done.
func TestOutputThatIsLost(t *testing.T) {
	home(t)
	s := serve(t, "--in-memory")
	t.Setenv("GONFALON_ENDPOINT", s.url)
	t.Setenv("GONFALON_TOKEN", s.adminToken)
	flags := file(t, "flags.yaml", "flags: [{key: a, gates: [{type: boolean, enabled: true}]}]")
	for _, args := range [][]string{
		{}, {"help"}, {"--help"}, {"help", "flags"}, {"flags"}, {"flags", "list", "--help"}, {"--version"}, {"version"}, {"completion"}, {"completion", "bash"},
		{"completion", "zsh"}, {"__complete", "flags", ""}, {"serve", "--print-config"}, {"flags", "list"}, {"flags", "get", "new_checkout"}, {"flags", "enable", "new"},
		{"export"}, {"diff", flags}, {"lint", "--rules"}, {"status"}, {"audit"}, {"explain", "new_checkout"}, {"generate", "go", flags},
		{"compile", flags, "-o", "-"}, {"backup", "-o", "-"}, {"servers", "list"}, {"login"}, {"reload"}, {"dashboard"}, {"module", "-o", "-"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		var errs bytes.Buffer
		full := &standardOutput{failed: errors.New("no space left")}
		if code := run(ctx, args, strings.NewReader(""), full, &errs); code != exitTrouble || !strings.Contains(errs.String(), "no space left") {
			t.Errorf("%v: exit status %d: %s", args, code, errs.String())
		}
		cancel()
	}
	s.stop()
}

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
