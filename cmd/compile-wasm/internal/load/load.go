package load

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/rt"
	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/ssa/ssautil"
)

// ModuleTag is the build tag that is set while a guest is compiled, by either
// toolchain: the engine then takes its own SHA-256 instead of Go's.
const ModuleTag = "gonfalon_module"

// Program is a guest with everything it may reach.
type Program struct {
	SSA        *ssa.Program
	Runtime    *ssa.Package
	Guest      *ssa.Package
	Exports    []Export
	Directives []Directive

	roots  map[string]string            // directory prefix → what to print instead
	source map[string]*packages.Package // by import path; all but the runtime
}

// Config says what to load.
type Config struct {
	Dir     string   // where Pattern is resolved; "" is the working directory
	Pattern string   // a package, as the go command takes it
	Tags    []string // besides ModuleTag
}

// Load reads the guest. The error lists everything that does not type-check.
func Load(ctx context.Context, cfg Config) (*Program, error) {
	list, err := packages.Load(&packages.Config{
		Context: ctx, Dir: cfg.Dir, Mode: packages.LoadAllSyntax | packages.NeedModule,
		BuildFlags: []string{"-tags=" + strings.Join(append([]string{ModuleTag}, cfg.Tags...), ",")},
		Env:        append(os.Environ(), "GOOS=linux", "GOARCH=386", "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off"),
	}, cfg.Pattern, "unicode/utf8")
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", cfg.Pattern, err)
	}
	var bad []error
	packages.Visit(list, nil, func(p *packages.Package) {
		for _, e := range p.Errors {
			bad = append(bad, fmt.Errorf("load %s: %w", p.PkgPath, e))
		}
	})
	if len(bad) > 0 {
		return nil, errors.Join(bad...)
	}
	i := slices.IndexFunc(list, func(p *packages.Package) bool { return p.PkgPath != "unicode/utf8" })
	if len(list) != 2 || i < 0 {
		return nil, fmt.Errorf("load %s: %d packages match, want exactly one", cfg.Pattern, len(list)-1)
	}
	guest, utf8 := list[i], list[1-i]
	prog, pkgs := ssautil.AllPackages([]*packages.Package{guest, utf8}, ssa.InstantiateGenerics)
	p := &Program{SSA: prog, Guest: pkgs[0], roots: map[string]string{}, source: map[string]*packages.Package{}}
	root, err := goroot(ctx, cfg.Dir)
	if err != nil {
		return nil, err
	}
	p.roots[filepath.Join(root, "src")] = "GOROOT"
	packages.Visit(list, nil, func(q *packages.Package) {
		p.source[q.PkgPath] = q
		fixRanges(q)
		if q.Module != nil {
			if q.Module.Main {
				p.roots[q.Module.Dir] = ""
			} else {
				p.roots[q.Module.Dir] = q.Module.Path
			}
		}
	})
	if err := p.addRuntime(utf8.Types); err != nil {
		return nil, err
	}
	return p, p.findExports(list)
}

// goroot is where the go command keeps the standard library. It is asked: a
// binary that was built with -trimpath doesn't know.
func goroot(ctx context.Context, dir string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "GOROOT")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// addRuntime type-checks the embedded runtime within the same program.
func (p *Program) addRuntime(utf8 *types.Package) error {
	file, err := parser.ParseFile(p.SSA.Fset, "gonfalon/rt/rt.go", rt.Source, 0)
	if err != nil {
		return fmt.Errorf("parse the runtime: %w", err)
	}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}, Scopes: map[ast.Node]*types.Scope{},
		Instances: map[*ast.Ident]types.Instance{}, FileVersions: map[*ast.File]string{},
	}
	cfg := types.Config{Sizes: types.SizesFor("gc", "386"), Importer: only{"unicode/utf8": utf8, "unsafe": types.Unsafe}}
	pkg, err := cfg.Check(rt.Path, p.SSA.Fset, []*ast.File{file}, info)
	if err != nil {
		return fmt.Errorf("check the runtime: %w", err)
	}
	if p.SSA.Package(types.Unsafe) == nil { // nothing else imports it
		p.SSA.CreatePackage(types.Unsafe, nil, nil, true)
	}
	p.Runtime = p.SSA.CreatePackage(pkg, []*ast.File{file}, info, false)
	return nil
}

type only map[string]*types.Package

func (o only) Import(path string) (*types.Package, error) {
	if p := o[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("the runtime may not import %s", path)
}

// Position is where pos is in the source, free of the machine's own paths.
func (p *Program) Position(pos token.Pos) token.Position {
	at := p.SSA.Fset.Position(pos)
	best := ""
	for dir := range p.roots {
		if rest, ok := strings.CutPrefix(at.Filename, dir); ok && strings.HasPrefix(rest, string(filepath.Separator)) && len(dir) > len(best) {
			best = dir
		}
	}
	if best != "" {
		at.Filename = filepath.ToSlash(filepath.Join(p.roots[best], at.Filename[len(best)+1:]))
	}
	return at
}

// Clause is where a package's first file names it.
func (p *Program) Clause(pkg *types.Package) token.Pos {
	if src := p.Source(pkg); src != nil && len(src.Syntax) > 0 {
		return src.Syntax[0].Name.Pos()
	}
	return token.NoPos
}

// Place is where f is declared; an initialiser is where its package is.
func (p *Program) Place(f *ssa.Function) token.Pos {
	if pkg := PackageOf(f); f.Pos() == token.NoPos && pkg != nil {
		return p.Clause(pkg.Pkg)
	}
	return f.Pos()
}

// Own reports whether a package is the project's (or the guest's own module's)
// rather than Go's standard library or the compiler's runtime.
func (p *Program) Own(pkg *types.Package) bool {
	q := p.Source(pkg)
	return q != nil && q.Module != nil
}

// Source is the package's syntax with its types; nil for the runtime.
// OwnSources returns the packages outside the standard library, by import path.
func (p *Program) OwnSources() (list []*packages.Package) {
	for _, path := range slices.Sorted(maps.Keys(p.source)) {
		if src := p.source[path]; p.Own(src.Types) {
			list = append(list, src)
		}
	}
	return list
}

func (p *Program) Source(pkg *types.Package) *packages.Package {
	if pkg == nil {
		return nil
	}
	return p.source[pkg.Path()]
}

// PackageOf is the package whose source f was written in; it is built.
func PackageOf(f *ssa.Function) *ssa.Package {
	for f.Parent() != nil {
		f = f.Parent()
	}
	if f.Pkg == nil && f.Origin() != nil {
		f = f.Origin()
	}
	if f.Pkg != nil {
		f.Pkg.Build()
	}
	return f.Pkg
}

var directories = regexp.MustCompile(`[\w.~-]+/`)

// Short drops the directories from the import paths in a name or a type.
func Short(name string) string { return directories.ReplaceAllString(name, "") }
