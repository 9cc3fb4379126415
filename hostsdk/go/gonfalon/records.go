package gonfalon

import "encoding/binary"

// changes lists the keys of the records that differ between two loaded snapshots, ascending. It looks at keys and compares bytes;
// what a record says is the engine's to know. An empty snapshot has no records.
func changes(before, after string) (segments, flags []string) {
	a, b := records{rest: before}, records{rest: after}
	a.open()
	b.open()
	for kind := range 2 {
		var changed []string
		an, bn := a.list(), b.list()
		ak, ar := a.next(&an)
		bk, br := b.next(&bn)
		for ar != "" || br != "" {
			switch {
			case br == "" || ar != "" && ak < bk:
				changed = append(changed, ak)
				ak, ar = a.next(&an)
			case ar == "" || bk < ak:
				changed = append(changed, bk)
				bk, br = b.next(&bn)
			default:
				if ar != br {
					changed = append(changed, ak)
				}
				ak, ar = a.next(&an)
				bk, br = b.next(&bn)
			}
		}
		if kind == 0 {
			segments = changed
		} else {
			flags = changed
		}
	}
	return segments, flags
}

// records walks over a snapshot that an engine has loaded, so that its form is beyond doubt: [header, segments, flags, id], a
// list being of [key, record].
type records struct{ rest string }

// open goes to the first list.
func (r *records) open() {
	if r.rest == "" {
		return
	}
	r.head() // of the snapshot
	for n := r.head(); n > 0; n-- {
		r.skip()
	}
}

// schedules is how many schedule gates the header of a loaded snapshot counts.
func schedules(snapshot string) int {
	r := records{rest: snapshot}
	r.head()
	r.head()
	for range 6 { // name, format, environment, lineage, revision, settings
		r.skip()
	}
	r.head()
	for range 8 { // flags, segments, slots, rules, constraints, values, variants, prerequisites
		r.skip()
	}
	return r.count()
}

// count reads a number of 32 bits at most.
func (r *records) count() int {
	if c := r.rest[0]; c < 0x80 {
		return int(c)
	}
	return r.head()
}

// list reads the head of a list.
func (r *records) list() int {
	if r.rest == "" {
		return 0
	}
	return r.head()
}

// next is the next of n records of a list; the record is empty at the end.
func (r *records) next(n *int) (key, record string) {
	if *n == 0 {
		return "", ""
	}
	*n--
	r.head()
	key = r.bytes(r.head())
	return key, r.bytes(r.head())
}

// skip passes one value of the header: a string, a number, or an array of them.
func (r *records) skip() {
	switch c := r.rest[0]; {
	case c >= 0x90 && c < 0xa0, c == 0xdc, c == 0xdd:
		for n := r.head(); n > 0; n-- {
			r.skip()
		}
	case c >= 0xa0 && c < 0xc0, c >= 0xc4 && c <= 0xc6, c >= 0xd9 && c <= 0xdb:
		r.bytes(r.head())
	default:
		r.head()
	}
}

func (r *records) bytes(n int) string {
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

// head reads a head: the length of an array, string or binary; for a number, of no use, the number.
func (r *records) head() int {
	c := r.bytes(1)[0]
	switch {
	case c >= 0x90 && c < 0xa0:
		return int(c & 15)
	case c >= 0xa0 && c < 0xc0:
		return int(c & 31)
	}
	switch c {
	case 0xc4, 0xd9, 0xcc, 0xd0:
		return int(r.bytes(1)[0])
	case 0xc5, 0xda, 0xdc, 0xcd, 0xd1:
		return int(binary.BigEndian.Uint16([]byte(r.bytes(2))))
	case 0xc6, 0xdb, 0xdd, 0xce, 0xd2:
		return int(binary.BigEndian.Uint32([]byte(r.bytes(4))))
	case 0xcf, 0xd3:
		r.bytes(8)
	}
	return 0
}
