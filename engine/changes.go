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

// Changes returns the keys of the records that two loaded snapshots don't share, ascending. It compares bytes, without
// looking inside. An empty snapshot has no records.
func Changes(before, after string) (segments, flags []string) {
	a, b := atRecords(before), atRecords(after)
	segments = changed(&a, &b)
	flags = changed(&a, &b)
	return segments, flags
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
