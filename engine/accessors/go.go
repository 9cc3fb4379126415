package accessors

import (
	"go/format"
	"regexp"
	"strconv"
)

var golang = &Language{
	Name: "go", Title: "Go", File: "flags/flags.go", Package: "flags", packages: regexp.MustCompile(`^[a-z][a-z0-9_]*$`), template: "go.tmpl", suffix: "Flag", format: format.Source,
	quote: strconv.QuoteToASCII, reserved: words("Keys Name"), typeName: goType,
}

func goType(t *Type, object string) string {
	switch t.Kind {
	case Boolean:
		return "bool"
	case Integer:
		return "int64"
	case Number:
		return "float64"
	case Text:
		return "string"
	case List:
		return "[]" + goType(known(t.Element), object)
	case Object:
		return object
	}
	return "any"
}
