package accessors

import (
	"go/format"
	"regexp"
	"strconv"
)

var golang = &Language{
	Name: "go", Title: "Go", File: "flags/flags.go", Package: "flags", packages: regexp.MustCompile(`^[a-z][a-z0-9_]*$`),
	template: "go.tmpl", format: format.Source, quote: strconv.QuoteToASCII, reserved: words("Keys Name"), suffix: "Flag",
	types: forms{Any: "any", Boolean: "bool", Integer: "int64", Number: "float64", Text: "string", List: "[]$i", Object: "$o"},
}
