package accessors

var python = &Language{
	Name: "python", Title: "Python", File: "flags.py", template: "python.tmpl", quote: quoter(`"\`, `\U%08x`), suffix: "_flag",
	reserved: words(`false none true and as assert async await break case class continue def del elif else except finally for from global if import in is
		lambda match nonlocal not or pass raise return try type while with yield
		any bool dataclass dict flags float int isinstance keys list literal mapping str unpack len all fits read`),
	types: forms{Any: "Any", Boolean: "bool", Integer: "int", Number: "float", Text: "str", List: "list[$i]", Object: "$o"},
	checks: forms{
		Any: "True", Boolean: "isinstance($v, bool)", Integer: "type($v) is int", Number: "type($v) in (int, float)", Text: "isinstance($v, str)",
		List: "(isinstance($v, list) and all($i for $e in $v))", Object: "$o.fits($v)",
	},
	reads:  forms{Any: "$v", Boolean: "$v", Integer: "$v", Number: "float($v)", Text: "$v", List: "[$i for $e in $v]", Object: "$o.read($v)"},
	isList: "isinstance($v, list)", anyList: "$v",
}
