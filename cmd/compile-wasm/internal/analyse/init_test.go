package analyse

import (
	"fmt"
	"go/types"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestFixed holds what fixed says against every choice that gc could make, for
// random programs of eight packages.
func TestFixed(t *testing.T) {
	said := map[bool]int{}
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 11))
		var list []*types.Package
		tasks := map[*types.Package]task{}
		for _, i := range r.Perm(8) {
			p := types.NewPackage(fmt.Sprintf("example.com/%c", 'a'+i), "p")
			var imports []*types.Package
			for _, q := range list {
				if r.IntN(4) == 0 {
					imports = append(imports, q)
				}
			}
			p.SetImports(imports)
			tasks[p] = task(r.IntN(3))
			list = append(list, p)
		}
		s := starts{tasks: tasks, below: map[*types.Package]map[*types.Package]bool{}}
		guest := types.NewPackage("example.com/guest", "main")
		guest.SetImports(list)
		list = append(list, guest)

		before := map[[2]*types.Package]bool{} // seen in some order
		var all func(rest []*types.Package, has map[*types.Package]bool)
		all = func(rest []*types.Package, has map[*types.Package]bool) {
			if len(rest) == 0 {
				order := schedule(list, func(p *types.Package) bool { return has[p] })
				for i, p := range order {
					for _, q := range order[i+1:] {
						before[[2]*types.Package{p, q}] = true
					}
				}
				return
			}
			p := rest[0]
			for _, some := range []task{perhaps, surely} { // worked out, or not
				if has[p] = tasks[p] >= some; tasks[p] == perhaps || some == surely {
					all(rest[1:], has)
				}
			}
		}
		all(list, map[*types.Package]bool{})
		for pair := range before {
			p, q := pair[0], pair[1]
			if p == guest || q == guest || tasks[p] == never || tasks[q] == never {
				continue
			}
			fixed := s.fixed(p, q)
			said[fixed]++
			if back := [2]*types.Package{q, p}; fixed && before[back] {
				t.Fatalf("seed %d: %s is said to come before %s always; imports %v and %v", seed, p.Path(), q.Path(), p.Imports(), q.Imports())
			}
			if !fixed && slices.Contains(q.Imports(), p) {
				t.Fatalf("seed %d: %s imports %s", seed, q.Path(), p.Path())
			}
		}
	}
	if said[true] < 1000 || said[false] < 100 {
		t.Errorf("%v: too few of a kind to tell", said)
	}
}
