package engine

// Request is a request in the module's ABI, parsed into its own memory. Its strings point into the bytes it was parsed
// from.
type Request struct {
	Flag  string // the flag's key; empty for a flag given by its number, and for a batch
	Input Input

	numbered   bool   // the flag is given by its number
	number     uint64 // the flag's number
	flags      run    // of a batch: where its flags start, and how many there are
	all        bool   // of a batch: every flag
	bytes      string // the bytes that were parsed
	groups     [MaxGroups]string
	attributes [MaxAttributes]Attribute
}

// Parse reads one request, and reports false if it is malformed. Fields left out at its end count as empty. Attributes
// are read only when a rule first asks for them: an attribute of a kind that no constraint can have is nil; malformed
// bytes, and all attributes after them, count as missing.
func (r *Request) Parse(bytes string) bool {
	k, fields, p := head(bytes, 0)
	if k != kindArray || fields < 1 || fields > 6 {
		return false
	}
	r.bytes = bytes
	if p = r.parseFlags(p); p < 0 {
		return false
	}
	in := &r.Input
	in.Actor, in.Presence = "", NoActor
	in.Groups, in.Attributes, in.pending = nil, nil, 0
	in.Now, in.Roll = 0, 0
	if fields == 1 {
		return true
	}
	k, n, p := head(bytes, p)
	switch k {
	case kindString:
		in.Actor = bytes[p : p+int32(n)]
		in.Presence = Keyed
		p += int32(n)
	case kindNil:
	case kindFalse:
		in.Presence = Keyless
	default:
		return false
	}
	return fields == 2 || r.parseRest(fields, p)
}

// parseRest reads the fields that most flags don't need: groups, time, chance and attributes.
func (r *Request) parseRest(fields uint64, p int32) bool {
	bytes, in := r.bytes, &r.Input
	k, n, p := head(bytes, p)
	if k != kindArray && k != kindNil || n > MaxGroups {
		return false
	}
	in.Groups = r.groups[:n]
	for i := range in.Groups {
		if k, n, p = head(bytes, p); k != kindString {
			return false
		}
		in.Groups[i] = bytes[p : p+int32(n)]
		p += int32(n)
	}
	if fields == 3 {
		return true
	}
	if k, n, p = head(bytes, p); k != kindInt {
		return false
	}
	in.Now = int64(n)
	if fields == 4 {
		return true
	}
	at := p
	if k, n, p = head(bytes, p); k != kindInt && (k != kindOther || bytes[at] != 0xcf) { // 0xcf: unsigned, of 64 bits
		return false
	}
	in.Roll = n
	if fields == 5 {
		return true
	}
	if k, n, p = head(bytes, p); k != kindMap && k != kindNil || n > MaxAttributes {
		return false
	}
	in.raw, in.at, in.pending = bytes, p, int32(n)
	in.store = &r.attributes
	return true
}

// parseFlags reads one flag, a list of flags, or nil for all. It returns the offset after them, or −1.
func (r *Request) parseFlags(p int32) int32 {
	r.Flag, r.numbered, r.flags, r.all = "", false, run{}, false
	k, n, p := head(r.bytes, p)
	switch k {
	case kindInt:
		r.numbered, r.number = true, n
		return p
	case kindString:
		r.Flag = r.bytes[p : p+int32(n)]
		return p + int32(n)
	case kindNil:
		r.all = true
		return p
	case kindArray:
		r.flags = run{p, int32(n)}
		for ; n > 0; n-- {
			k, m, body := head(r.bytes, p)
			if p = body; k == kindString {
				p += int32(m)
			} else if k != kindInt {
				return -1
			}
		}
		return p
	}
	return -1
}

// One reports whether the request is about one flag, not about a batch.
func (r *Request) One() bool { return !r.all && r.flags.from == 0 }

// Number returns the number of the request's flag in s, or −1 if s doesn't have that flag.
func (r *Request) Number(s *Snapshot) int32 {
	if r.numbered {
		return s.numbered(r.number)
	}
	return s.Find(r.Flag)
}

// Evaluate decides the request's flag into d. sc may be nil if no flag of the snapshot needs a Scratch.
func (r *Request) Evaluate(s *Snapshot, sc *Scratch, d *Decision) {
	s.decide(r.Number(s), &r.Input, sc, d)
}

// Batch decides the flags of a batch into out, beginning with the one at index first. It returns how many it decided.
func (r *Request) Batch(s *Snapshot, first int32, sc *Scratch, out []Decision) int32 {
	room := int32(len(out))
	if r.all {
		n := max(min(s.Len()-first, room), 0)
		for i := int32(0); i < n; i++ {
			s.EvaluateAt(first+i, &r.Input, sc, &out[i])
		}
		return n
	}
	p, done := r.flags.from, int32(0)
	for i := int32(0); i < r.flags.to && done < room; i++ {
		k, n, body := head(r.bytes, p)
		if p = body; k == kindString {
			p += int32(n)
		}
		if i < first {
			continue
		}
		if k == kindString {
			s.Evaluate(r.bytes[body:p], &r.Input, sc, &out[done])
		} else {
			s.decide(s.numbered(n), &r.Input, sc, &out[done])
		}
		done++
	}
	return done
}

// unpack reads the attributes that are still bytes.
func (in *Input) unpack() {
	n := in.pending
	in.pending = 0
	s, p := in.raw, in.at
	i := int32(0)
	for ; i < n; i++ {
		if p = in.store[i].parse(s, p); p < 0 {
			break
		}
	}
	in.Attributes = in.store[:i]
}

// parse reads a name and a value at p. It returns the offset after them, or −1.
func (a *Attribute) parse(s string, p int32) int32 {
	n, body, ok := shortString(s, p)
	if !ok {
		k, m, b := head(s, p)
		if k != kindString {
			return -1
		}
		n, body = int32(m), b
	}
	p = body + n
	a.Name = s[body:p]
	a.nameFingerprint = fingerprint(a.Name)
	if n, body, ok = shortString(s, p); ok {
		a.kind = kindString
		a.text = s[body : body+n]
		a.textFingerprint = fingerprint(a.text)
		return body + n
	}
	at := p
	a.kind, a.num, p = head(s, p)
	switch a.kind {
	case kindBad:
		return -1
	case kindOther:
		a.kind = kindNil
	case kindBinary:
		a.kind = kindNil
		p += int32(a.num)
	case kindString:
		a.text = s[p : p+int32(a.num)]
		a.textFingerprint = fingerprint(a.text)
		p += int32(a.num)
		a.settle()
	case kindInteger:
		end := p + int32(a.num)
		if !a.integer(s[p:end]) {
			a.kind = kindNil
		}
		p = end
	case kindArray, kindMap:
		end, ofModel := skip(s, at)
		if end < 0 {
			return -1
		}
		if !ofModel {
			a.kind = kindNil
		}
		a.text = s[at:end]
		p = end
	}
	return p
}
