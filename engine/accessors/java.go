package accessors

import "regexp"

var java = &Language{
	Name: "java", Title: "Java", File: "FeatureFlags.java", Package: "FeatureFlags", packages: regexp.MustCompile(`^([a-z][a-z0-9_]*\.)*[A-Z][A-Za-z0-9]*$`),
	template: "java.tmpl", quote: quoter(`"\`, `\u%04x`), suffix: "Flag",
	reserved: words(`abstract assert boolean break byte case catch char class const continue default do double else enum extends final finally float for
		goto if implements import instanceof int interface long native new package private protected public return short static strictfp super
		switch synchronized this throw throws transient try void volatile while true false null var yield record
		fits read getClass hashCode equals toString notify notifyAll wait clone finalize`),
	types: forms{Any: "Object", Boolean: "boolean", Integer: "long", Number: "double", Text: "String", List: "List<$i>", Object: "$o"},
	boxed: forms{Any: "Object", Boolean: "Boolean", Integer: "Long", Number: "Double", Text: "String", List: "List<$i>", Object: "$o"},
	checks: forms{
		Any: "true", Boolean: "$v instanceof Boolean", Integer: "$v instanceof Long", Number: "$v instanceof Number", Text: "$v instanceof String",
		List: "($v instanceof List && ((List<?>) $v).stream().allMatch($e -> $i))", Object: "$o.fits($v)",
	},
	reads: forms{
		Any: "$v", Boolean: "(Boolean) $v", Integer: "(Long) $v", Number: "((Number) $v).doubleValue()", Text: "(String) $v",
		List: "((List<?>) $v).stream().map($e -> $i).collect(Collectors.toUnmodifiableList())", Object: "$o.read($v)",
	},
	isList: "$v instanceof List", anyList: "Collections.unmodifiableList(new ArrayList<Object>((List<?>) $v))",
}
