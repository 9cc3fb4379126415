package flagset

// Document is a file of settings, flags and segments, with the problems of reading and of validating it.
type Document struct {
	Set      Set // sorted by key, with gates in the file's order
	Problems []Problem
}

// ReadDocument reads and validates a file in the way in which ReadText reads it. Every problem has a line.
func ReadDocument(data []byte) *Document {
	text, problems := ReadText(data)
	if text == nil {
		return &Document{Problems: problems}
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
	return &Document{Set: *set.Sorted(), Problems: Join(problems, append(validated, references...))}
}
