package load

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/ssa"
)

// Export is a function that the module exports.
type Export struct {
	Name string
	Func *ssa.Function
}

// Directive is a //go:wasmexport comment. Those that the compiler can follow
// are among the program's exports; whether one can't, the subset's check says.
type Directive struct {
	Name string // "" if there isn't exactly one
	Pos  token.Pos
	Decl *ast.FuncDecl // the function right below; nil if there is none
	Pkg  *packages.Package
}

const exportComment = "//go:wasmexport"

// findExports collects the directives of all packages outside the standard
// library, and the exports of the guest among them.
func (p *Program) findExports(list []*packages.Package) error {
	p.Guest.Build()
	packages.Visit(list, nil, func(pkg *packages.Package) {
		if pkg.Module == nil {
			return
		}
		for _, file := range pkg.Syntax {
			p.Directives = append(p.Directives, directives(pkg, file)...)
		}
	})
	if len(p.Directives) == 0 {
		return fmt.Errorf("%s exports nothing: write //go:wasmexport NAME above a function", p.Guest.Pkg.Path())
	}
	for _, d := range p.Directives {
		if d.Name == "" || d.Pkg.Types != p.Guest.Pkg || d.Decl == nil || d.Decl.Recv != nil || d.Decl.Type.TypeParams != nil || d.Decl.Name.Name == "init" {
			continue
		}
		if f := p.Guest.Func(d.Decl.Name.Name); f != nil {
			p.Exports = append(p.Exports, Export{d.Name, f})
		}
	}
	slices.SortStableFunc(p.Exports, func(a, b Export) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

func directives(pkg *packages.Package, file *ast.File) (out []Directive) {
	above := map[*ast.CommentGroup]*ast.FuncDecl{}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Doc != nil {
			above[f.Doc] = f
		}
	}
	for _, group := range file.Comments {
		for _, line := range group.List {
			rest, ok := strings.CutPrefix(line.Text, exportComment)
			if !ok || rest != "" && !strings.ContainsAny(rest[:1], " \t") {
				continue
			}
			d := Directive{Pos: line.Pos(), Decl: above[group], Pkg: pkg}
			if words := strings.Fields(rest); len(words) == 1 {
				d.Name = words[0]
			}
			out = append(out, d)
		}
	}
	return out
}
