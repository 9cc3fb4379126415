package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

type figures struct {
	lines                                        []int // of each file
	testLines, wide, functions, long, broad      int
	exported, silent, examples, reasons, ignored int
}

func count(tree string) (*figures, error) {
	f := new(figures)
	return f, filepath.WalkDir(tree, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != tree && (d.Name()[0] == '.' || d.Name() == "node_modules" || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		return f.file(path)
	})
}

func (f *figures) file(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	lines := bytes.Count(text, []byte("\n"))
	switch {
	case ast.IsGenerated(parsed):
		f.ignored++
		return nil
	case strings.HasSuffix(path, "_test.go"):
		f.testLines += lines
		for _, d := range parsed.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Example") {
				f.examples++
			}
		}
		return nil
	}
	f.lines = append(f.lines, lines)
	f.reasons += bytes.Count(text, []byte("RATIONALE.md"))
	for line := range bytes.Lines(text) {
		if columns := utf8.RuneCount(bytes.TrimRight(line, "\n")) + 3*bytes.Count(line, []byte("\t")); columns > 120 {
			f.wide++
		}
	}
	for _, d := range parsed.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			f.function(files, d)
			f.name(d.Name, d.Doc != nil, d.Recv == nil || ast.IsExported(receiver(d.Recv)))
		case *ast.GenDecl:
			f.declaration(d)
		}
	}
	return nil
}

func (f *figures) function(files *token.FileSet, d *ast.FuncDecl) {
	f.functions++
	if files.Position(d.End()).Line-files.Position(d.Pos()).Line >= 60 {
		f.long++
	}
	if d.Type.Params.NumFields() >= 6 {
		f.broad++
	}
}

// declaration counts names of types, constants and variables. The comment of a group is that of all in it.
func (f *figures) declaration(d *ast.GenDecl) {
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			f.name(s.Name, d.Doc != nil || s.Doc != nil || s.Comment != nil, true)
		case *ast.ValueSpec:
			for _, name := range s.Names {
				f.name(name, d.Doc != nil || s.Doc != nil || s.Comment != nil, true)
			}
		}
	}
}

func (f *figures) name(name *ast.Ident, comment, reachable bool) {
	if !name.IsExported() || !reachable {
		return
	}
	f.exported++
	if !comment {
		f.silent++
	}
}

// receiver is the name of a method's type.
func receiver(list *ast.FieldList) string {
	of := list.List[0].Type
	for {
		switch t := of.(type) {
		case *ast.StarExpr:
			of = t.X
		case *ast.IndexExpr:
			of = t.X
		case *ast.IndexListExpr:
			of = t.X
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}
