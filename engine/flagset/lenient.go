package flagset

import "slices"

// LenientFlag reads a flag's document that a newer build may have written. It skips what this build doesn't know,
// members and types of gates, and returns pointers to that, at most MaxProblems. Whoever writes the flag back loses it.
//
// Why: RATIONALE.md "Why does a client skip what it doesn't know, and the server doesn't?"
func LenientFlag(data []byte, ignore ...string) (Flag, []string, []Problem) {
	f, skipped, problems := lenient(data, ignore, (*reader).flag)
	f.Gates = slices.DeleteFunc(f.Gates, func(g Gate) bool { return !known(g.Type) })
	return f, skipped, problems
}

// LenientSegment reads a segment's document, in the way in which LenientFlag reads a flag's.
func LenientSegment(data []byte, ignore ...string) (Segment, []string, []Problem) {
	return lenient(data, ignore, (*reader).segment)
}

// LenientSettings reads an environment's settings, in the way in which LenientFlag reads a flag's document.
func LenientSettings(data []byte) (Settings, []string, []Problem) {
	return lenient(data, nil, (*reader).settings)
}

func lenient[T any](data []byte, ignore []string, read func(*reader, *node) T) (T, []string, []Problem) {
	root, problem := readJSON(data)
	if problem != nil {
		var none T
		return none, nil, []Problem{*problem}
	}
	r := reader{ignore: ignore, lenient: true}
	return read(&r, &root), r.skipped, r.problems
}

// unknown adds a problem for what this build doesn't know, or skips it.
func (r *reader) unknown(n *node, detail, hint string) {
	switch {
	case !r.lenient:
		r.fail(n, detail, hint)
	case len(r.skipped) < MaxProblems:
		r.skipped = append(r.skipped, r.pointer())
	}
}
