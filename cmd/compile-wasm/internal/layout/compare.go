package layout

import "go/types"

// MaxUnrolled is how many elements of an array == compares one by one, when
// they can't be compared as bytes.
const MaxUnrolled = 16

// AsBytes reports whether two values of t are equal exactly if their bytes
// are: no floats, no strings, no padding.
func (l *Layout) AsBytes(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Array:
		return u.Len() == 0 || l.AsBytes(u.Elem())
	case *types.Struct:
		n := 0
		for i := range u.NumFields() {
			f := u.Field(i)
			if f.Name() == "_" || !l.AsBytes(f.Type()) {
				return false
			}
			n += l.Size(f.Type())
		}
		return n == l.Size(t)
	}
	k, ok := KindOf(t)
	return ok && !k.Float()
}

// Comparable reports whether == on t is within the subset.
func (l *Layout) Comparable(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Array:
		return l.AsBytes(t) || u.Len() <= MaxUnrolled && l.Comparable(u.Elem())
	case *types.Struct:
		for i := range u.NumFields() {
			if !l.Comparable(u.Field(i).Type()) {
				return false
			}
		}
		return true
	}
	_, ok := KindOf(t)
	return ok || IsString(t)
}
