package engine

// A delta is the new snapshot's header, the id of the snapshot it applies to, the records that changed, and the
// resulting id. Splicing merges the records without looking inside, and trusts nothing but the resulting id.

// SpliceSize returns an upper bound of the size of the snapshot that a delta turns s into.
func (s *Snapshot) SpliceSize(delta string) int32 {
	return int32(min(len(s.data)+len(delta)+16, MaxSnapshotBytes))
}

// Splice applies a delta to s and writes the resulting snapshot to out, which should have SpliceSize bytes. It returns
// the length of the result, or what is wrong and at which byte of the delta. It doesn't load the result, and doesn't
// change s.
func (s *Snapshot) Splice(delta string, out []byte) (int32, Code, int32) {
	if len(delta) > MaxSnapshotBytes {
		return 0, CodeTooLarge, MaxSnapshotBytes
	}
	var m merger
	m.base.s = s.data
	m.delta.s = delta
	m.out.b = out
	m.base.p = s.header.raw.off + s.header.raw.n
	d := &m.delta
	d.tuple(5)
	if d.code != CodeOK {
		return 0, CodeNotOurs, 0
	}
	start := d.p
	end, _ := skip(delta, start)
	if end < 0 {
		return 0, CodeMalformed, start
	}
	d.p = end
	at := d.p
	if base := d.binary(IDBytes); base.n != IDBytes || delta[base.off:base.off+base.n] != s.ID() {
		d.fail(CodeBase, at)
		return 0, d.code, d.at
	}
	m.out.array(4)
	m.out.raw(delta[start:end])
	m.records()
	m.records()
	at = d.p
	id := d.binary(IDBytes)
	if id.n != IDBytes {
		d.fail(CodeMalformed, at)
	}
	if d.p != int32(len(delta)) {
		d.fail(CodeTrailing, d.p)
	}
	if d.code != CodeOK {
		return 0, d.code, d.at
	}
	m.out.raw(delta[at:d.p])
	if m.out.full {
		return 0, CodeBuffer, 0
	}
	if !sealed(stringOf(out[:m.out.n])) {
		return 0, CodeID, id.off
	}
	return m.out.n, CodeOK, 0
}

type merger struct {
	base, delta reader
	out         writer
}

// entry is one [key, record] pair of a list, and where its bytes are.
type entry struct {
	key      string
	from, to int32
	deletion bool
}

func (r *reader) entry() entry {
	var e entry
	e.from = r.p
	r.tuple(2)
	key := r.name()
	if r.p < int32(len(r.s)) && r.s[r.p] == 0xc0 {
		e.deletion = true
		r.p++
	} else {
		r.binary(MaxSnapshotBytes)
	}
	if r.code == CodeOK {
		e.key = r.s[key.off : key.off+key.n]
	}
	e.to = r.p
	return e
}

// records merges one list of records. The count comes first in the bytes, so it walks the list twice: to count and to
// write.
func (m *merger) records() {
	b, d := m.base.p, m.delta.p
	n := m.merge(false)
	if m.delta.code != CodeOK {
		return
	}
	m.base.p, m.delta.p = b, d
	m.out.array(n)
	m.merge(true)
}

func (m *merger) merge(write bool) int32 {
	base, delta := &m.base, &m.delta
	nb, nd := base.array(MaxFlags), delta.array(MaxFlags)
	var x, y entry
	haveX, haveY := false, false
	n := int32(0)
	for {
		if !haveX && nb > 0 {
			x, haveX = base.entry(), true
			nb--
		}
		if !haveY && nd > 0 {
			last := y.key
			first := y.to == 0
			y, haveY = delta.entry(), true
			nd--
			if !first && delta.code == CodeOK && y.key <= last {
				delta.fail(CodeOrder, y.from)
			}
		}
		if delta.code != CodeOK || !haveX && !haveY {
			return n
		}
		c := int32(1)
		switch {
		case haveX && haveY:
			c = orderText(x.key, y.key)
		case haveX:
			c = -1
		}
		if c < 0 {
			n++
			if write {
				m.out.raw(base.s[x.from:x.to])
			}
			haveX = false
			continue
		}
		switch {
		case !y.deletion:
			n++
			if write {
				m.out.raw(delta.s[y.from:y.to])
			}
		case c > 0:
			delta.fail(CodeMissing, y.from)
		}
		haveY = false
		haveX = haveX && c > 0
	}
}
