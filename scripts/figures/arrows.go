package main

import (
	"go/token"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
)

type edges struct{ files, inside, between, imports int }

// adapters of the control plane: they speak to something else, and are counted elsewhere.
var adapters = []string{"httpapi", "apiclient", "etcdstore", "memstore", "storetest"}

// arrows counts who uses whom below controlplane.
func arrows(tree string) (edges, error) {
	var e edges
	all, err := packages.Load(&packages.Config{
		Dir: tree,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedTypes |
			packages.NeedSyntax | packages.NeedTypesInfo,
		Fset: token.NewFileSet(),
	}, "./controlplane/...")
	if err != nil {
		return e, err
	}
	inside := map[string]bool{}
	for _, p := range all {
		inside[p.PkgPath] = !adapter(p.PkgPath)
	}
	type arrow struct{ from, to string }
	found := map[arrow]bool{}
	for _, p := range all {
		if !inside[p.PkgPath] {
			continue
		}
		e.files += len(p.GoFiles)
		for path := range p.Imports {
			if inside[path] {
				e.imports++
			}
		}
		for id, used := range p.TypesInfo.Uses {
			if used.Pkg() == nil || !inside[used.Pkg().Path()] || !used.Pos().IsValid() {
				continue
			}
			if scope := used.Parent(); scope != nil && scope != used.Pkg().Scope() {
				continue // it is local
			}
			if from, to := p.Fset.Position(id.Pos()).Filename, p.Fset.Position(used.Pos()).Filename; from != to {
				found[arrow{filepath.Clean(from), filepath.Clean(to)}] = true
			}
		}
	}
	for a := range found {
		if filepath.Base(filepath.Dir(a.from)) == "controlplane" && filepath.Dir(a.from) == filepath.Dir(a.to) {
			e.inside++
		}
	}
	e.between = len(found)
	return e, nil
}

func adapter(path string) bool {
	_, below, _ := strings.Cut(path, "/controlplane/")
	for _, name := range adapters {
		if below == name || strings.HasPrefix(below, name+"/") {
			return true
		}
	}
	return false
}
