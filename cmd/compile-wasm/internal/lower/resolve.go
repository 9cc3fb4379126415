package lower

import (
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/rt"
)

// intrinsics are the full names of all functions that IsIntrinsic knows.
func intrinsics() []string {
	names := slices.Concat(slices.Collect(maps.Keys(operations)), more, []string{arenaMark, arenaReset})
	for n := range accesses {
		names = append(names, littleEndian+n, bigEndian+n)
	}
	for n := range globals {
		names = append(names, rt.Path+"."+n)
	}
	for _, n := range memory {
		names = append(names, rt.Path+"."+n)
	}
	slices.Sort(names)
	return names
}

// Unresolved lists the intrinsics that the program's packages should have and
// haven't: what is called by another name there would be compiled some other way.
func Unresolved(p *load.Program) (missing []string) {
	for _, name := range intrinsics() {
		if pkg, found := resolve(p, name); pkg && !found {
			missing = append(missing, name)
		}
	}
	return missing
}

// resolve looks up a function by "path.name" or a method by "(path.type).name".
func resolve(p *load.Program, name string) (pkg, found bool) {
	dot := strings.LastIndex(name, ".")
	owner, member := name[:dot], name[dot+1:]
	typeName := ""
	if inner, ok := strings.CutPrefix(owner, "("); ok {
		inner = strings.TrimSuffix(inner, ")")
		dot = strings.LastIndex(inner, ".")
		owner, typeName = inner[:dot], inner[dot+1:]
	}
	in := p.SSA.ImportedPackage(owner)
	if owner == rt.Path {
		in = p.Runtime
	}
	if in == nil {
		return false, false
	}
	if typeName == "" {
		return true, in.Func(member) != nil
	}
	t := in.Type(typeName)
	if t == nil {
		return true, false
	}
	m, _, _ := types.LookupFieldOrMethod(t.Type(), true, in.Pkg, member)
	_, ok := m.(*types.Func)
	return true, ok
}
