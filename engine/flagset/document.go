package flagset

import "github.com/gonfalon-flags/gonfalon/engine"

// Document is a file of settings, flags and segments, with the problems of reading and of validating it.
type Document struct {
	Set      Set // sorted by key, with gates in the file's order
	Problems []Problem
	Unread   []Problem // those of Problems for which something isn't in Set
	Text     *Text     // nil if nothing could be read
}

// ReadDocument reads and validates a file in the way in which ReadText reads it. Every problem has a line.
func ReadDocument(data []byte) *Document {
	text, problems := ReadText(data)
	if text == nil {
		return &Document{Problems: problems, Unread: problems}
	}
	set := Set{Settings: text.Settings()}
	var validated []Problem
	for n := range text.items("flags") {
		r := reader{}
		f := r.keyedFlag(n)
		set.Flags = append(set.Flags, f)
		for _, p := range ValidateFlag(&f) {
			p.Line = n.lineOf(p.Pointer)
			validated = append(validated, p)
		}
	}
	for n := range text.items("segments") {
		r := reader{}
		s := r.keyedSegment(n)
		set.Segments = append(set.Segments, s)
		for _, p := range ValidateSegment(&s) {
			p.Line = n.lineOf(p.Pointer)
			validated = append(validated, p)
		}
	}
	references := ValidateReferences(&set)
	references = references[:min(len(references), MaxProblems+1)]
	places := make([]Place, len(references))
	for i, p := range references {
		places[i] = Place{p.Flag, p.Segment, p.Pointer}
	}
	for i, line := range text.Lines(places) {
		references[i].Line = line
	}
	return &Document{Set: *set.Sorted(), Problems: Join(problems, append(validated, references...)), Unread: problems, Text: text}
}

func (r *reader) set(n *node) Set {
	var set Set
	r.document(n, func(s Settings) { set.Settings = s }, func(f Flag) { set.Flags = append(set.Flags, f) }, func(s Segment) { set.Segments = append(set.Segments, s) })
	return set
}

// document reads a document, and hands over one part after the other.
func (r *reader) document(n *node, settings func(Settings), flag func(Flag), segment func(Segment)) {
	r.object(n, "the document", map[string]field{
		"$schema":  func(n *node) { r.want(n, kindString, "") },
		"settings": func(n *node) { settings(r.settings(n)) },
		"flags": func(n *node) {
			if _, ok := r.items(n, engine.MaxFlags); ok {
				r.each(n, func(n *node) { flag(r.keyedFlag(n)) })
			}
		},
		"segments": func(n *node) {
			if _, ok := r.items(n, engine.MaxSegments); ok {
				r.each(n, func(n *node) { segment(r.keyedSegment(n)) })
			}
		},
	})
}

func (r *reader) keyedFlag(n *node) Flag {
	return keyed(r, n, func(p *Problem, key string) { p.Flag = key }, r.flag)
}

func (r *reader) keyedSegment(n *node) Segment {
	return keyed(r, n, func(p *Problem, key string) { p.Segment = key }, r.segment)
}

func (r *reader) settings(n *node) Settings {
	var s Settings
	r.object(n, "settings", map[string]field{"group_conflict": func(n *node) {
		if r.text((*string)(&s.GroupConflict))(n); n.value == "" {
			r.fail(n, "it is empty", "it is deny_wins or allow_wins")
		}
	}})
	return s
}

// keyed reads a flag or a segment of a document, so that its problems name it and point into it.
func keyed[T any](r *reader, n *node, name func(*Problem, string), read func(*node) T) T {
	r.taken = 0
	key := n.member("key")
	if key == nil || key.kind != kindString {
		if n.kind == kindObject && (key == nil || key.kind == kindNull) {
			r.in("key", n, func(n *node) { r.fail(n, `"key" is missing`, "") })
		}
		return read(n)
	}
	base, about := r.base, r.about
	r.base = len(r.place)
	name(&r.about, key.value.(string))
	item := read(n)
	r.base, r.about = base, about
	return item
}
