//go:build !gonfalon_module

package engine

import "math"

// outline is what one flag's record refers to, when its schedules open and close, and whether it has floats.
type outline struct {
	key      string
	conflict bool // it allows a group and denies another
	segments []string
	parents  []string
	edges    []int64
	floats   bool
}

// outlines reads the flag records of a loaded snapshot, ascending by key. Of a record that this engine can't read it
// has the key alone.
func outlines(snapshot string) []outline {
	r := atRecords(snapshot)
	for n := r.array(MaxSegments); n > 0; n-- {
		r.entry()
	}
	list := make([]outline, r.array(MaxFlags))
	for i := range list {
		r.tuple(2)
		key := r.name()
		body := r.binary(MaxSnapshotBytes)
		list[i].key = snapshot[key.off : key.off+key.n]
		record := reader{s: snapshot[:body.off+body.n], p: body.off}
		if o := record.outline(); record.code == CodeOK {
			o.key = list[i].key
			list[i] = o
		}
	}
	return list
}

// outline reads a flag record.
func (r *reader) outline() (o outline) {
	r.tuple(10)
	r.pass(5)
	states := int32(0)
	for n := r.array(2 * MaxTargets); n > 0 && r.code == CodeOK; n -= 2 {
		r.name()
		states |= r.count(stateAllow | stateDeny)
	}
	o.conflict = states == stateAllow|stateDeny
	for n := r.array(MaxRules); n > 0 && r.code == CodeOK; n-- {
		r.tuple(2)
		r.pass(1)
		if k, _, _ := head(r.s, r.p); k == kindString {
			o.segments = append(o.segments, r.text())
		} else {
			r.pass(1)
		}
	}
	for n := r.array(MaxVariants); n > 0 && r.code == CodeOK; n-- {
		r.tuple(3)
		r.pass(2)
		at := r.p
		if r.pass(1); r.code == CodeOK && r.s[at] != 0xc0 {
			r.p = at
			payload := r.binary(MaxPayloadBytes)
			o.floats = o.floats || isFloat(r.s[payload.off:payload.off+payload.n])
		}
	}
	for n := r.array(2 * MaxPrerequisites); n > 0 && r.code == CodeOK; n -= 2 {
		o.parents = append(o.parents, r.text())
		r.boolean()
	}
	for n := r.array(2 * MaxSchedules); n > 0 && r.code == CodeOK; n-- {
		if at := r.long(); at != math.MinInt64 && at != math.MaxInt64 {
			o.edges = append(o.edges, at)
		}
	}
	return o
}

// pass skips n values.
func (r *reader) pass(n int) {
	for ; n > 0 && r.code == CodeOK; n-- {
		end, _ := skip(r.s, r.p)
		if end < 0 {
			r.fail(CodeMalformed, r.p)
			return
		}
		r.p = end
	}
}

func (r *reader) text() string {
	x := r.name()
	if r.code != CodeOK {
		return ""
	}
	return r.s[x.off : x.off+x.n]
}

// spread adds to flags those that use one of the segments or require one of the flags, through any number of parents,
// as far as the list knows.
func spread(segments []string, flags map[string]bool, list []outline) {
	uses, requires := map[string][]string{}, map[string][]string{}
	for i := range list {
		o := &list[i]
		for _, segment := range o.segments {
			uses[segment] = append(uses[segment], o.key)
		}
		for _, parent := range o.parents {
			requires[parent] = append(requires[parent], o.key)
		}
	}
	queue := make([]string, 0, len(flags))
	for key := range flags {
		queue = append(queue, key)
	}
	add := func(keys []string) {
		for _, key := range keys {
			if !flags[key] {
				flags[key] = true
				queue = append(queue, key)
			}
		}
	}
	for _, segment := range segments {
		add(uses[segment])
	}
	for ; len(queue) > 0; queue = queue[1:] {
		add(requires[queue[0]])
	}
}

// Floats tells of each flag of a loaded snapshot, ascending by key, what [Snapshot.HasFloats] does.
func Floats(snapshot string) []bool {
	list := outlines(snapshot)
	floats := make([]bool, len(list))
	for i := range list {
		floats[i] = list[i].floats
	}
	return floats
}

// Edges returns the first moment after a time, in Unix microseconds, at which a schedule of a loaded snapshot opens or
// closes, and the flags whose decision can differ then: those with such a schedule, and those that require one of them,
// ascending by key. There are no flags if no schedule opens or closes any more.
func Edges(snapshot string, after int64) (at int64, flags []string) {
	list := outlines(snapshot)
	marked := map[string]bool{}
	for i := range list {
		for _, edge := range list[i].edges {
			switch {
			case edge <= after || len(marked) > 0 && edge > at:
				continue
			case len(marked) == 0 || edge < at:
				at = edge
				clear(marked)
			}
			marked[list[i].key] = true
		}
	}
	if len(marked) == 0 {
		return 0, nil
	}
	spread(nil, marked, list)
	return at, keysOf(list, marked)
}

// keysOf returns the keys of those in the list that are marked.
func keysOf(list []outline, marked map[string]bool) []string {
	keys := make([]string, 0, len(marked))
	for i := range list {
		if marked[list[i].key] {
			keys = append(keys, list[i].key)
		}
	}
	return keys
}
