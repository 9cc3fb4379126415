package accessors

var python = &Language{
	Name: "python", Title: "Python", File: "flags.py", template: "python.tmpl", suffix: "_flag", quote: quoter(`"\`, `\U%08x`), typeName: pythonType, check: pythonCheck, read: pythonRead,
	reserved: words(`false none true and as assert async await break case class continue def del elif else except finally for from global if import in is
		lambda match nonlocal not or pass raise return try type while with yield
		any bool dataclass dict flags float int isinstance keys list literal mapping str unpack len all fits read`),
}

func pythonType(t *Type, object string) string {
	switch t.Kind {
	case Boolean:
		return "bool"
	case Integer:
		return "int"
	case Number:
		return "float"
	case Text:
		return "str"
	case List:
		return "list[" + pythonType(known(t.Element), object) + "]"
	case Object:
		return object
	}
	return "Any"
}

// pythonCheck returns an expression that reports whether a decoded value is of a type.
func pythonCheck(t *Type, object, value string) string {
	switch t = known(t); t.Kind {
	case Boolean:
		return "isinstance(" + value + ", bool)"
	case Integer:
		return "type(" + value + ") is int"
	case Number:
		return "type(" + value + ") in (int, float)"
	case Text:
		return "isinstance(" + value + ", str)"
	case List:
		if known(t.Element).Kind == Any {
			return "isinstance(" + value + ", list)"
		}
		return "(isinstance(" + value + ", list) and all(" + pythonCheck(t.Element, object, "e") + " for e in " + value + "))"
	case Object:
		return object + ".fits(" + value + ")"
	}
	return "True"
}

// pythonRead returns an expression that turns a checked value into the type.
func pythonRead(t *Type, object, value string) string {
	switch t = known(t); t.Kind {
	case Number:
		return "float(" + value + ")"
	case List:
		if k := kindOf(t.Element); k == Object || k == List || k == Number {
			return "[" + pythonRead(t.Element, object, "e") + " for e in " + value + "]"
		}
	case Object:
		return object + ".read(" + value + ")"
	}
	return value
}
