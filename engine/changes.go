//go:build !gonfalon_module

package engine

// This file is for native hosts, which ask about the bytes of a snapshot that any engine has loaded.

// Timed reports whether a loaded snapshot has schedules, so that a decision can depend on the time.
func Timed(snapshot string) bool {
	l := loader{s: new(Snapshot)}
	l.r.s = snapshot
	l.r.tuple(4)
	l.header()
	return l.counts[CountSchedules] > 0
}

// Changes returns the keys of the segments whose records two loaded snapshots don't share, and of the flags whose
// decision can differ: those whose records they don't share, those that use one of the segments, those that allow a
// group and deny another if the setting of which wins changed, and those that require one of these flags, through any
// number of parents. Both ascend. It compares records as bytes. An empty snapshot has
// none.
func Changes(before, after string) (segments, flags []string) {
	a, b := atRecords(before), atRecords(after)
	segments = changed(&a, &b)
	flags = changed(&a, &b)
	conflict := before != "" && allows(before) != allows(after)
	if before == "" || len(segments)+len(flags) == 0 && !conflict {
		return segments, flags
	}
	marked := make(map[string]bool, len(flags))
	for _, key := range flags {
		marked[key] = true
	}
	list := outlines(after) // a flag that referred to something else before has another record now
	for i := range list {
		if conflict && list[i].conflict {
			marked[list[i].key] = true
		}
	}
	spread(segments, marked, list)
	return segments, union(flags, keysOf(list, marked))
}

// allows reports whether the setting of a loaded snapshot lets allowed groups win over denied ones.
func allows(snapshot string) bool {
	l := loader{s: new(Snapshot)}
	l.r.s = snapshot
	l.r.tuple(4)
	l.header()
	return l.s.allow
}

// union merges two ascending lists.
func union(a, b []string) []string {
	all := make([]string, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			all, a = append(all, a[0]), a[1:]
		case b[0] < a[0]:
			all, b = append(all, b[0]), b[1:]
		default:
			all, a, b = append(all, a[0]), a[1:], b[1:]
		}
	}
	return append(append(all, a...), b...)
}

// atRecords returns a reader at a loaded snapshot's first list.
func atRecords(snapshot string) reader {
	r := reader{s: snapshot}
	if snapshot != "" {
		r.tuple(4)
		r.p, _ = skip(snapshot, r.p)
	}
	return r
}

// changed reads one list of each reader.
func changed(a, b *reader) []string {
	var keys []string
	na, nb := a.array(MaxFlags), b.array(MaxFlags)
	var x, y entry // to is 0 for none
	for {
		if x.to == 0 && na > 0 {
			x = a.entry()
			na--
		}
		if y.to == 0 && nb > 0 {
			y = b.entry()
			nb--
		}
		switch {
		case x.to == 0 && y.to == 0:
			return keys
		case y.to == 0 || x.to != 0 && x.key < y.key:
			keys = append(keys, x.key)
			x = entry{}
		case x.to == 0 || y.key < x.key:
			keys = append(keys, y.key)
			y = entry{}
		default:
			if a.s[x.from:x.to] != b.s[y.from:y.to] {
				keys = append(keys, x.key)
			}
			x, y = entry{}, entry{}
		}
	}
}
