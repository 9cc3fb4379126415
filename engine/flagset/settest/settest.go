// Package settest tests generators of random sets. A generator that never sets a field doesn't test it, and a field,
// an operator or a kind of gate that is added later is easily forgotten.
package settest

import (
	"reflect"
	"slices"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// NeverSet returns what no set has: fields that always are zero, such as Flag.Owner, operators, and kinds of gate.
func NeverSet(sets ...*flagset.Set) []string {
	seen := map[string]bool{}
	for _, set := range sets {
		note(reflect.ValueOf(*set), seen)
	}
	wanted := fields(reflect.TypeFor[flagset.Set]())
	for _, name := range flagset.Operators() {
		wanted = append(wanted, "operator "+name)
	}
	for _, kind := range flagset.GateTypes() {
		wanted = append(wanted, "gate "+string(kind))
	}
	return slices.DeleteFunc(wanted, func(name string) bool { return seen[name] })
}

// fields returns the exported fields of a struct and of the structs below it.
func fields(t reflect.Type) (names []string) {
	switch t.Kind() {
	case reflect.Slice, reflect.Pointer:
		return fields(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			if f.IsExported() {
				names = append(append(names, t.Name()+"."+f.Name), fields(f.Type)...)
			}
		}
	}
	return names
}

// note adds what is set in a value to seen.
func note(v reflect.Value, seen map[string]bool) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			note(v.Index(i), seen)
		}
	case reflect.Struct:
		switch x := v.Interface().(type) {
		case flagset.Gate:
			seen["gate "+string(x.Type)] = true
		case flagset.Constraint:
			seen["operator "+x.Operator] = true
		}
		for f, field := range v.Fields() {
			if f.IsExported() && !field.IsZero() {
				seen[v.Type().Name()+"."+f.Name] = true
				note(field, seen)
			}
		}
	}
}
