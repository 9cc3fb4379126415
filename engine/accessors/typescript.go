package accessors

var typescript = &Language{
	Name: "typescript", Title: "TypeScript", File: "src/flags.ts", template: "typescript.tmpl", suffix: "Flag", quote: quoter(`"\`, `\u%04x`), typeName: typescriptType, check: typescriptCheck, read: typescriptRead,
	reserved: words(`keys fits abstract arguments as async await break case catch class const continue debugger default delete do else enum eval export
		extends false finally for from function get if implements import in instanceof interface let new null of package private protected
		public return set static super switch symbol this throw true try type typeof undefined var void while with yield`),
}

func typescriptType(t *Type, object string) string {
	switch t.Kind {
	case Boolean:
		return "boolean"
	case Integer, Number:
		return "number"
	case Text:
		return "string"
	case List:
		return "readonly " + typescriptElement(known(t.Element), object) + "[]"
	case Object:
		return object
	}
	return "unknown"
}

func typescriptElement(t *Type, object string) string {
	if t.Kind == List {
		return "(" + typescriptType(t, object) + ")"
	}
	return typescriptType(t, object)
}

// typescriptCheck returns an expression that reports whether a value is of a type.
func typescriptCheck(t *Type, object, value string) string {
	switch t = known(t); t.Kind {
	case Boolean:
		return "typeof " + value + ` === "boolean"`
	case Integer:
		return "Number.isSafeInteger(" + value + ")"
	case Number:
		return "typeof " + value + ` === "number"`
	case Text:
		return "typeof " + value + ` === "string"`
	case List:
		if known(t.Element).Kind == Any {
			return "Array.isArray(" + value + ")"
		}
		return "(Array.isArray(" + value + ") && " + value + ".every((e: unknown) => " + typescriptCheck(t.Element, object, "e") + "))"
	case Object:
		return "is" + object + "(" + value + ")"
	}
	return "true"
}

// typescriptRead returns an expression for a checked value. The compiler knows its type but for an integer's.
func typescriptRead(t *Type, _, value string) string {
	if kindOf(t) == Integer {
		return "(" + value + " as number)"
	}
	return value
}
