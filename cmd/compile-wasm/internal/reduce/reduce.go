package reduce

import (
	"context"
	"errors"
	"go/ast"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Reducer makes files of one package smaller.
type Reducer struct {
	// Rest are the package's other files, which stay as they are.
	Rest []string
	// Holds reports whether what is looked for is still there.
	Holds func(source string) bool

	importer types.Importer
	fset     *token.FileSet
	sizes    types.Sizes
	tried    map[string]bool
}

// File returns the smallest form of a file that was found until ctx ended, or
// until nothing more could go.
func (r *Reducer) File(ctx context.Context, source string) string {
	r.fset, r.sizes, r.tried = token.NewFileSet(), types.SizesFor("gc", "386"), map[string]bool{}
	r.importer = importer.ForCompiler(r.fset, "source", nil)
	for again := true; again; {
		again = false
		for _, pass := range []func(*ast.File) []edit{bodies, rows, declarations, inner, expressions} {
			for smaller := true; smaller; again = again || smaller {
				if ctx.Err() != nil {
					return source
				}
				source, smaller = r.pass(ctx, source, pass)
			}
		}
	}
	return source
}

// edit replaces a part of a file.
type edit struct {
	from, to token.Pos
	text     func(piece func(ast.Node) string) string // nil: by nothing
}

// pass tries one kind of edit after the other. Where one succeeds, it goes on
// behind it, in the file as it is then.
func (r *Reducer) pass(ctx context.Context, source string, edits func(*ast.File) []edit) (string, bool) {
	smaller := false
	for at := 0; ctx.Err() == nil; {
		file, err := parser.ParseFile(r.fset, "", source, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return source, smaller
		}
		list := edits(file)
		if at >= len(list) {
			break
		}
		if next := r.apply(source, file, list[at]); next != "" && r.Holds(next) {
			source, smaller = next, true
		} else {
			at++
		}
	}
	return source, smaller
}

// apply is the file after an edit, or "" if that is no program, not shorter, or
// has been tried.
func (r *Reducer) apply(source string, file *ast.File, e edit) string {
	base := int(file.FileStart)
	piece := func(n ast.Node) string { return source[int(n.Pos())-base : int(n.End())-base] }
	text := ""
	if e.text != nil {
		text = e.text(piece)
	}
	next := source[:int(e.from)-base] + text + source[int(e.to)-base:]
	for range 3 { // what is left unused goes, too
		problems := r.check(next)
		if len(problems) == 0 {
			break
		}
		if next = r.withoutUnused(next, problems); next == "" {
			return ""
		}
	}
	formatted, err := format.Source([]byte(next))
	if err != nil {
		return ""
	}
	next = strings.ReplaceAll(string(formatted), "\n\n\t", "\n\t")
	if len(next) >= len(source) || r.tried[next] || len(r.check(next)) > 0 {
		return ""
	}
	r.tried[next] = true
	return next
}

// check lists what is wrong with a file.
func (r *Reducer) check(source string) (problems []types.Error) {
	var files []*ast.File
	for _, text := range append([]string{source}, r.Rest...) {
		file, err := parser.ParseFile(r.fset, "", text, parser.SkipObjectResolution)
		if err != nil {
			return []types.Error{{Msg: err.Error()}}
		}
		files = append(files, file)
	}
	cfg := types.Config{Importer: r.importer, Sizes: r.sizes, Error: func(err error) {
		if e := (types.Error{}); errors.As(err, &e) {
			problems = append(problems, e)
		}
	}}
	_, _ = cfg.Check("random", r.fset, files, nil) // Error has all that is wrong
	return problems
}

// withoutUnused drops imports, labels and variables that nothing uses; with any
// other problem it returns "".
func (r *Reducer) withoutUnused(source string, problems []types.Error) string {
	file, err := parser.ParseFile(r.fset, "", source, parser.SkipObjectResolution)
	if err != nil {
		return ""
	}
	var cuts []edit
	for _, p := range problems {
		cut := unused(file, p.Msg)
		if len(cut) == 0 {
			return ""
		}
		cuts = append(cuts, cut...)
	}
	slices.SortFunc(cuts, func(a, b edit) int { return int(b.from - a.from) })
	base := int(file.FileStart)
	for i, c := range cuts {
		if i == 0 || c.to <= cuts[i-1].from {
			source = source[:int(c.from)-base] + source[int(c.to)-base:]
		}
	}
	return source
}

// unused removes what the type checker says is unused.
func unused(file *ast.File, problem string) (cuts []edit) {
	name, isVariable := strings.CutPrefix(problem, "declared and not used: ")
	isImport := strings.HasSuffix(problem, "imported and not used")
	isLabel := strings.HasPrefix(problem, "label ") && strings.HasSuffix(problem, "declared and not used")
	if !isVariable && !isImport && !isLabel {
		return nil
	}
	named := func(e ast.Expr) bool {
		id, ok := e.(*ast.Ident)
		return ok && isVariable && id.Name == name
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			if n.Tok == token.IMPORT && isImport && len(n.Specs) == 1 && strings.Contains(problem, n.Specs[0].(*ast.ImportSpec).Path.Value) {
				cuts = append(cuts, edit{n.Pos(), n.End(), nil})
			}
		case *ast.LabeledStmt:
			if isLabel && strings.Contains(problem, " "+n.Label.Name+" ") {
				cuts = append(cuts, edit{n.Pos(), n.Colon + 1, nil})
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE && len(n.Lhs) == 1 && named(n.Lhs[0]) {
				cuts = append(cuts, edit{n.Pos(), n.End(), nil})
			}
		case *ast.RangeStmt:
			if n.Value == nil && n.Key != nil && named(n.Key) {
				cuts = append(cuts, edit{n.Key.Pos(), n.Range, nil})
			}
		case *ast.DeclStmt:
			if d := n.Decl.(*ast.GenDecl); d.Tok == token.VAR && len(d.Specs) == 1 {
				if v := d.Specs[0].(*ast.ValueSpec); len(v.Names) == 1 && named(v.Names[0]) {
					cuts = append(cuts, edit{n.Pos(), n.End(), nil})
				}
			}
		}
		return true
	})
	return cuts
}
