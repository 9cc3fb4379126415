package accessors

import "regexp"

var elixir = &Language{
	Name: "elixir", Title: "Elixir", File: "lib/feature_flags.ex", Package: "FeatureFlags", packages: regexp.MustCompile(`^[A-Z][A-Za-z0-9]*(\.[A-Z][A-Za-z0-9]*)*$`),
	template: "elixir.tmpl", quote: quoter(`"\#`, `\u{%x}`), reserved: words("true false nil when and or not in fn do end catch rescue after else"), suffix: "_flag",
	types: forms{Any: "term", Boolean: "boolean", Integer: "integer", Number: "float", Text: "String.t()", List: "[$i]", Object: "$o.t()"},
	checks: forms{
		Any: "true", Boolean: "is_boolean($v)", Integer: "is_integer($v)", Number: "is_number($v)", Text: "is_binary($v)",
		List: "(is_list($v) and Enum.all?($v, fn $e -> $i end))", Object: "$o.fits?($v)",
	},
	reads: forms{
		Any: "$v", Boolean: "$v", Integer: "$v", Number: "$v * 1.0", Text: "$v",
		List: "Enum.map($v, fn $e -> $i end)", Object: "$o.read($v)",
	},
	isList: "is_list($v)", anyList: "$v",
}
