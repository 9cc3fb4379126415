package subset

import (
	"fmt"
	"go/token"
	"go/types"
	"strings"
	"unicode/utf8"

	"github.com/gonfalon-flags/gonfalon/cmd/compile-wasm/internal/load"
)

// reserved names mean something to hosts.
var reserved = map[string]string{
	"memory":        "the module's memory has it",
	"_start":        "hosts call it to run a program",
	"_initialize":   "hosts call it to start a library",
	"claims_broken": "builds that check what the optimiser decided have it",
}

// exports refuses what can't be exported: by its name, its place, or its types.
func (c *checker) exports() {
	if name := c.g.Prog.Guest.Pkg.Name(); name != "main" {
		c.at(c.g.Prog.Clause(c.g.Prog.Guest.Pkg), "write package main", "a guest in package %s", name)
	}
	names := map[string]load.Directive{}
	funcs := map[string]bool{}
	for _, d := range c.g.Prog.Directives {
		c.export(d)
		if d.Name == "" || d.Pkg.Types != c.g.Prog.Guest.Pkg {
			continue
		}
		if first, twice := names[d.Name]; twice {
			c.at(d.Pos, "give each export a name of its own", "a second export %s (the first is at %s)", d.Name, c.g.Prog.Position(first.Pos))
			continue
		}
		names[d.Name] = d
		if d.Decl == nil {
			continue
		}
		if f := d.Decl.Name.Name; funcs[f] {
			c.at(d.Pos, "write a second function that calls it", "a second name for an exported function")
		} else {
			funcs[f] = true
		}
	}
}

// comments refuses the comments that make gc fill or bind a variable, which
// would be silently empty here.
func (c *checker) comments() {
	for _, pkg := range c.g.Prog.OwnSources() {
		for _, file := range pkg.Syntax {
			for _, group := range file.Comments {
				for _, comment := range group.List {
					for _, name := range []string{"//go:embed", "//go:linkname"} {
						if rest, found := strings.CutPrefix(comment.Text, name); found && (rest == "" || rest[0] == ' ' || rest[0] == '\t') {
							c.at(comment.Pos(), "write what it stands for into the source", "%s", name)
						}
					}
				}
			}
		}
	}
}

func (c *checker) export(d load.Directive) {
	const one = "write //go:wasmexport NAME, with exactly one name"
	const other = "choose another name"
	switch why, taken := reserved[d.Name]; {
	case d.Name == "":
		c.at(d.Pos, one, "an export without a name of one word")
		return
	case taken:
		c.at(d.Pos, other, "an export named %s (%s)", d.Name, why)
	case !utf8.ValidString(d.Name):
		c.at(d.Pos, other, "an export whose name is not UTF-8")
	}
	switch {
	case d.Decl == nil:
		c.at(d.Pos, "write it right above a function", "an export comment that belongs to no function")
	case d.Pkg.Types != c.g.Prog.Guest.Pkg:
		c.at(d.Pos, "export a function of the guest that calls it", "an export outside the guest's package")
	case d.Decl.Recv != nil:
		c.at(d.Pos, "export a function that calls it", "an export of a method")
	case d.Decl.Type.TypeParams != nil:
		c.at(d.Pos, "export a function that calls it with a type", "an export of a generic function")
	case d.Decl.Name.Name == "init" || d.Decl.Name.Name == "_":
		c.at(d.Pos, "give the function a name", "an export of a function %s", d.Decl.Name.Name)
	default:
		if f := c.g.Prog.Guest.Func(d.Decl.Name.Name); f != nil {
			c.boundary(f.Signature)
		}
	}
}

// boundary refuses parameters and results that Go's own compiler doesn't export
// either. A host gives and takes one scalar for each.
func (c *checker) boundary(sig *types.Signature) {
	const scalars = "use bool, int32, uint32, int64, uint64, uintptr, float32, float64, unsafe.Pointer or a pointer"
	for i := range sig.Params().Len() {
		if p := sig.Params().At(i); !crosses(p.Type()) {
			c.at(p.Pos(), scalars, "an export's parameter of type %s", p.Type())
		}
	}
	results := sig.Results()
	for i := range results.Len() {
		if r := results.At(i); !crosses(r.Type()) {
			c.at(r.Pos(), scalars, "an export's result of type %s", r.Type())
		}
	}
	if results.Len() > 1 {
		c.at(results.At(1).Pos(), "export a function for each, or write them where the host reads", "an export's second result")
	}
}

// crosses reports whether a t is one scalar of which any bits are a value. (Of a
// bool, the export's entry makes one.)
func crosses(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return true
	case *types.Basic:
		switch u.Kind() {
		case types.Bool, types.Int32, types.Uint32, types.Int64, types.Uint64, types.Uintptr, types.Float32, types.Float64, types.UnsafePointer:
			return true
		}
	}
	return false
}

// at refuses something that is not within a function.
func (c *checker) at(pos token.Pos, do, format string, a ...any) {
	c.all = append(c.all, Refusal{c.g.Prog.Position(pos), load.Short(fmt.Sprintf(format, a...)), do})
}
