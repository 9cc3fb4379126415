package subset

import (
	"errors"
	"fmt"
	"go/token"
	"slices"
	"strings"
)

// Refusal is one construct outside the subset.
type Refusal struct {
	Pos  token.Position
	What string
	Do   string
}

func (r Refusal) Error() string {
	return fmt.Sprintf("%s: %s is outside the engine's Go subset: %s", r.Pos, r.What, r.Do)
}

// advice is what to do instead, by construct.
const (
	useSlice    = "use a sorted slice and a binary search, or a hash table in a slice"
	useParams   = "write a named function that takes what it needs as parameters"
	useSwitch   = "switch on a kind and call functions by name"
	useConcrete = "use the concrete type; return a code instead of an error"
	useReturn   = "return the values, or fill a slice that the caller gives"
	useCall     = "call the function; the module has one thread"
	useBefore   = "call it before each return"
	useCheck    = "check beforehand: a panic ends the call"
	useParts    = "keep real and imaginary part as two floats"
	useLoop     = "write the loop with for, break and continue"
	useFields   = "compare field by field, or element by element"
	useRune     = "convert it to a rune first, as string(rune(x)), where it is one"
	useRange    = "range over the string, or take the bytes"
	useIf       = "compare with < and if"
	usePlain    = "write it in plain Go, or take it from math/bits, unicode/utf8, encoding/binary (little endian), slices, cmp or the exact parts of math"
	useStatic   = "make it a package variable, or a part of the scratch memory that the caller gives"
	useSmaller  = "make it smaller, or let the caller give the memory"
	useReport   = "write it in another way, and report it"
	useVariable = "assign what is read to a variable first, in a statement of its own"
	useImport   = "import one of them in the other, for its effects if need be"
	useGoBody   = "give it a Go body for this build"
)

// join makes one error of all refusals, sorted by place.
func join(all []Refusal) error {
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b Refusal) int {
		if c := strings.Compare(a.Pos.Filename, b.Pos.Filename); c != 0 {
			return c
		}
		if c := a.Pos.Line - b.Pos.Line; c != 0 {
			return c
		}
		if c := a.Pos.Column - b.Pos.Column; c != 0 {
			return c
		}
		return strings.Compare(a.What, b.What)
	})
	all = slices.Compact(all)
	errs := make([]error, len(all))
	for i, r := range all {
		errs[i] = r
	}
	return errors.Join(errs...)
}
