package accessors

import "regexp"

var elixir = &Language{
	Name: "elixir", Title: "Elixir", File: "lib/feature_flags.ex", Package: "FeatureFlags", packages: regexp.MustCompile(`^[A-Z][A-Za-z0-9]*(\.[A-Z][A-Za-z0-9]*)*$`), template: "elixir.tmpl", suffix: "_flag",
	quote: quoter(`"\#`, `\u{%x}`), typeName: elixirType, check: elixirCheck, read: elixirRead,
	reserved: words("true false nil when and or not in fn do end catch rescue after else"),
}

func elixirType(t *Type, object string) string {
	switch t.Kind {
	case Boolean:
		return "boolean"
	case Integer:
		return "integer"
	case Number:
		return "float"
	case Text:
		return "String.t()"
	case List:
		return "[" + elixirType(known(t.Element), object) + "]"
	case Object:
		return object + ".t()"
	}
	return "term"
}

// elixirCheck returns an expression that reports whether a decoded value is of a type.
func elixirCheck(t *Type, object, value string) string {
	switch t = known(t); t.Kind {
	case Boolean:
		return "is_boolean(" + value + ")"
	case Integer:
		return "is_integer(" + value + ")"
	case Number:
		return "is_number(" + value + ")"
	case Text:
		return "is_binary(" + value + ")"
	case List:
		if kindOf(t.Element) == Any {
			return "is_list(" + value + ")"
		}
		return "(is_list(" + value + ") and Enum.all?(" + value + ", fn e -> " + elixirCheck(t.Element, object, "e") + " end))"
	case Object:
		return object + ".fits?(" + value + ")"
	}
	return "true"
}

// elixirRead returns an expression that turns a checked value into the type.
func elixirRead(t *Type, object, value string) string {
	switch t = known(t); t.Kind {
	case Number:
		return value + " * 1.0"
	case List:
		if k := kindOf(t.Element); k == Object || k == List || k == Number {
			return "Enum.map(" + value + ", fn e -> " + elixirRead(t.Element, object, "e") + " end)"
		}
	case Object:
		return object + ".read(" + value + ")"
	}
	return value
}
