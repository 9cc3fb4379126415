package subset

import (
	"go/ast"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// exact functions of the standard library answer the same in assembly.
var exact = []string{"math.Frexp", "math.Ldexp", "math.Max", "math.Min", "math.Mod", "math.Modf"}

// inAssembly reports whether the standard library replaces f by assembly on some
// machines, which may answer differently in the last bits. Package math marks such
// functions by a constant haveArch….
func (c *checker) inAssembly(f *ssa.Function) (yes bool) {
	if c.isOwn(f) || f.Syntax() == nil || slices.Contains(exact, f.String()) {
		return false
	}
	ast.Inspect(f.Syntax(), func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		yes = yes || ok && strings.HasPrefix(id.Name, "haveArch")
		return !yes
	})
	return yes
}

// unordered refuses packages whose order of initialisation isn't fixed.
func (c *checker) unordered() {
	for _, pair := range c.g.Unordered {
		c.at(c.g.Prog.Clause(pair[0]), useImport, "the order in which packages %s and %s are initialised (Go's compiler decides it by what it works out beforehand)", pair[0].Path(), pair[1].Path())
	}
}
