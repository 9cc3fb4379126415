package main

import "testing"

// TestLargeIntegersAreWarnedOf writes a payload with an integer that most languages round. Each verb that takes a payload warns
// of it and says what to do, and those that read a file say where it is.
func TestLargeIntegersAreWarnedOf(t *testing.T) {
	const warning, hint = "an integer beyond ±9007199254740992 is rounded in most languages", "put it in quotes"
	const flags = "flags:\n- key: x\n  gates:\n  - type: variant\n    variants:\n    - {name: a, weight: 1, payload: 9007199254740993}\n"
	s := serve(t, "--in-memory")
	path := file(t, "flags.yaml", flags)
	s.run("flags", "variants", "x", "a=1:9007199254740993").has(t, 0, "warning: ", warning, hint)
	s.run("flags", "get", "x").has(t, 0, "warning: ", warning, hint)
	s.run("flags", "put", path).has(t, 0, "warning: ", warning, hint)
	s.run("import", path).has(t, 0, "warning: "+path+": line 6: flag x /gates/0/variants/0/payload: ", warning, hint)
	gonfalon(t, "compile", path, "-o", t.TempDir()+"/s").has(t, 0, path+": line 6: warning: flag x (variant) ", warning, hint)
}
