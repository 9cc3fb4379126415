package accessors

import "regexp"

var java = &Language{
	Name: "java", Title: "Java", File: "FeatureFlags.java", Package: "FeatureFlags", packages: regexp.MustCompile(`^([a-z][a-z0-9_]*\.)*[A-Z][A-Za-z0-9]*$`), template: "java.tmpl", suffix: "Flag",
	quote: quoter(`"\`, `\u%04x`), typeName: javaType, check: javaCheck, read: javaRead,
	reserved: words(`abstract assert boolean break byte case catch char class const continue default do double else enum extends final finally float for
		goto if implements import instanceof int interface long native new package private protected public return short static strictfp super
		switch synchronized this throw throws transient try void volatile while true false null var yield record
		fits read getClass hashCode equals toString notify notifyAll wait clone finalize`),
}

func javaType(t *Type, object string) string {
	switch t.Kind {
	case Boolean:
		return "boolean"
	case Integer:
		return "long"
	case Number:
		return "double"
	}
	return javaReference(t, object)
}

// javaReference returns the type of what may be null, or stands in a list.
func javaReference(t *Type, object string) string {
	switch t.Kind {
	case Boolean:
		return "Boolean"
	case Integer:
		return "Long"
	case Number:
		return "Double"
	case Text:
		return "String"
	case List:
		return "List<" + javaReference(known(t.Element), object) + ">"
	case Object:
		return object
	}
	return "Object"
}

// element returns a name for an element of a list that no list around it has.
func element(value string) string {
	if value[0] == 'e' {
		return value + "e"
	}
	return "e"
}

// javaCheck returns an expression that reports whether a decoded value is of a type.
func javaCheck(t *Type, object, value string) string {
	switch t = known(t); t.Kind {
	case Boolean:
		return value + " instanceof Boolean"
	case Integer:
		return value + " instanceof Long"
	case Number:
		return value + " instanceof Number"
	case Text:
		return value + " instanceof String"
	case List:
		if kindOf(t.Element) == Any {
			return value + " instanceof List"
		}
		e := element(value)
		return "(" + value + " instanceof List && ((List<?>) " + value + ").stream().allMatch(" + e + " -> " + javaCheck(t.Element, object, e) + "))"
	case Object:
		return object + ".fits(" + value + ")"
	}
	return "true"
}

// javaRead returns an expression that turns a checked value into the type.
func javaRead(t *Type, object, value string) string {
	switch t = known(t); t.Kind {
	case Boolean, Integer, Text:
		return "(" + javaReference(t, object) + ") " + value
	case Number:
		return "((Number) " + value + ").doubleValue()"
	case List:
		if kindOf(t.Element) == Any {
			return "Collections.unmodifiableList(new ArrayList<Object>((List<?>) " + value + "))"
		}
		e := element(value)
		return "((List<?>) " + value + ").stream().map(" + e + " -> " + javaRead(t.Element, object, e) + ").collect(Collectors.toUnmodifiableList())"
	case Object:
		return object + ".read(" + value + ")"
	}
	return value
}

// javaReadOptional returns an expression that turns a checked value, which may be null, into the type.
func javaReadOptional(t *Type, object, value string) string {
	t = known(t)
	switch t.Kind {
	case Boolean, Integer, Text, Any:
		return javaRead(t, object, value) // the cast of null is null
	case Number:
		return value + " == null ? null : Double.valueOf(" + javaRead(t, object, value) + ")"
	}
	return value + " == null ? null : " + javaRead(t, object, value)
}
