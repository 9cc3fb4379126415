package reduce

import (
	"go/ast"
	"go/token"
	"strings"
)

// bodies lets functions return nothing in particular at once.
func bodies(file *ast.File) (out []edit) {
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		out = append(out, edit{f.Body.Pos(), f.Body.End(), func(piece func(ast.Node) string) string {
			if f.Type.Results == nil {
				return "{\n}"
			}
			var zeros []string
			for _, r := range f.Type.Results.List {
				for range max(len(r.Names), 1) {
					zeros = append(zeros, "*new("+piece(r.Type)+")")
				}
			}
			return "{\nreturn " + strings.Join(zeros, ", ") + "\n}"
		}})
	}
	return out
}

// rows removes statements that follow each other, many at a time first.
func rows(file *ast.File) (out []edit) {
	var lists [][]ast.Stmt
	longest := 0
	ast.Inspect(file, func(n ast.Node) bool {
		var list []ast.Stmt
		switch n := n.(type) {
		case *ast.BlockStmt:
			list = n.List
		case *ast.CaseClause:
			list = n.Body
		}
		if len(list) > 0 {
			lists = append(lists, list)
			longest = max(longest, len(list))
		}
		return true
	})
	size := 1
	for size < longest {
		size *= 2
	}
	for ; size > 0; size /= 2 {
		for _, list := range lists {
			if size > len(list) && size > 1 {
				continue
			}
			for i := 0; i < len(list); i += size {
				last := list[min(i+size, len(list))-1]
				out = append(out, edit{list[i].Pos(), last.End(), nil})
			}
		}
	}
	return out
}

// declarations removes functions, types and variables.
func declarations(file *ast.File) (out []edit) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			from := d.Pos()
			if d.Doc != nil {
				from = d.Doc.Pos()
			}
			out = append(out, edit{from, d.End(), nil})
		case *ast.GenDecl:
			if d.Tok == token.IMPORT {
				continue
			}
			out = append(out, edit{d.Pos(), d.End(), nil})
			for _, s := range d.Specs {
				if len(d.Specs) > 1 {
					out = append(out, edit{s.Pos(), s.End(), nil})
				}
				if t, ok := s.(*ast.TypeSpec); ok {
					if st, ok := t.Type.(*ast.StructType); ok {
						for _, f := range st.Fields.List {
							out = append(out, edit{f.Pos(), f.End(), nil})
						}
					}
				}
			}
		}
	}
	return out
}

// inner replaces statements by what is in them.
func inner(file *ast.File) (out []edit) {
	instead := func(n ast.Stmt, body ...ast.Stmt) {
		for _, b := range body {
			if b != nil {
				out = append(out, edit{n.Pos(), n.End(), func(piece func(ast.Node) string) string {
					text := piece(b)
					if _, ok := b.(*ast.BlockStmt); ok {
						return text[1 : len(text)-1]
					}
					return text
				}})
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			instead(n, n.Body)
			if n.Else != nil {
				instead(n, n.Else)
				out = append(out, edit{n.Body.End(), n.Else.End(), nil})
			}
		case *ast.ForStmt:
			instead(n, n.Body)
		case *ast.RangeStmt:
			instead(n, n.Body)
		case *ast.BlockStmt:
			for _, s := range n.List {
				if b, ok := s.(*ast.BlockStmt); ok {
					instead(b, b)
				}
			}
		case *ast.SwitchStmt:
			for _, c := range n.Body.List {
				if clause := c.(*ast.CaseClause); len(clause.Body) > 0 {
					first, last := clause.Body[0], clause.Body[len(clause.Body)-1]
					out = append(out, edit{n.Pos(), first.Pos(), nil}, edit{last.End(), n.End(), nil}, edit{c.Pos(), c.End(), nil})
				}
			}
		}
		return true
	})
	return out
}

// expressions replaces expressions by one of their parts, or by a constant.
func expressions(file *ast.File) (out []edit) {
	instead := func(n ast.Expr, parts ...ast.Expr) {
		for _, p := range parts {
			out = append(out, edit{n.Pos(), n.End(), func(piece func(ast.Node) string) string { return piece(p) }})
		}
	}
	constant := func(n ast.Expr, texts ...string) {
		for _, t := range texts {
			if int(n.End()-n.Pos()) > len(t) {
				out = append(out, edit{n.Pos(), n.End(), func(func(ast.Node) string) string { return t }})
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			instead(n, n.X, n.Y)
			constant(n, "0", "1", "true", "false")
		case *ast.ParenExpr:
			instead(n, n.X)
		case *ast.UnaryExpr:
			instead(n, n.X)
		case *ast.CallExpr:
			instead(n, n.Args...)
			constant(n, "0", "1", "true")
		case *ast.IndexExpr:
			constant(n.Index, "0", "1")
			constant(n, "0")
		case *ast.SelectorExpr:
			constant(n, "0", `""`)
		case *ast.SliceExpr:
			instead(n, n.X)
		case *ast.CompositeLit:
			for _, x := range n.Elts {
				out = append(out, edit{x.Pos(), x.End(), nil})
			}
		case *ast.ReturnStmt:
			for _, x := range n.Results {
				constant(x, "0", "true", `""`)
			}
		}
		return true
	})
	return out
}
