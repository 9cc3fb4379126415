package accessors

var typescript = &Language{
	Name: "typescript", Title: "TypeScript", File: "src/flags.ts", template: "typescript.tmpl", quote: quoter(`"\`, `\u%04x`), suffix: "Flag",
	reserved: words(`keys fits abstract arguments as async await break case catch class const continue debugger default delete do else enum eval export
		extends false finally for from function get if implements import in instanceof interface let new null of package private protected
		public return set static super switch symbol this throw true try type typeof undefined var void while with yield`),
	types: forms{
		Any: "unknown", Boolean: "boolean", Integer: "number", Number: "number", Text: "string", List: "ReadonlyArray<$i>", Object: "$o",
	},
	checks: forms{
		Any: "true", Boolean: `typeof $v === "boolean"`, Integer: "Number.isSafeInteger($v)", Number: `typeof $v === "number"`,
		Text: `typeof $v === "string"`, List: "(Array.isArray($v) && $v.every(($e: unknown) => $i))", Object: "is$o($v)",
	},
	reads:  forms{Any: "$v", Boolean: "$v", Integer: "($v as number)", Number: "$v", Text: "$v", List: "$v", Object: "$v"},
	isList: "Array.isArray($v)", anyList: "$v",
}
