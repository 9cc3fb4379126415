//go:build !gonfalon_module

package engine

// This file is for native hosts of the module: they write requests, the module reads them.

// AppendRequest appends the request for one flag, as wasm/ABI.md lays it out, to dst.
func AppendRequest(dst []byte, key string, in *Input) []byte {
	for {
		w := writer{b: dst[len(dst):cap(dst)]}
		w.array(6)
		w.string(key)
		w.input(in)
		if !w.full {
			return dst[:len(dst)+int(w.n)]
		}
		dst = roomier(dst)
	}
}

// AppendBatch appends the request for many flags, or for all if keys is nil.
func AppendBatch(dst []byte, keys []string, in *Input) []byte {
	for {
		w := writer{b: dst[len(dst):cap(dst)]}
		w.array(6)
		if keys == nil {
			w.null()
		} else {
			w.array(int32(len(keys)))
			for _, key := range keys {
				w.string(key)
			}
		}
		w.input(in)
		if !w.full {
			return dst[:len(dst)+int(w.n)]
		}
		dst = roomier(dst)
	}
}

func roomier(b []byte) []byte { return append(make([]byte, 0, 2*cap(b)+256), b...) }

// input writes all of a request but its flags.
func (w *writer) input(in *Input) {
	if in.pending > 0 {
		in.unpack()
	}
	switch in.Presence {
	case Keyed:
		w.string(in.Actor)
	case Keyless:
		w.boolean(false)
	default:
		w.null()
	}
	w.array(int32(len(in.Groups)))
	for _, group := range in.Groups {
		w.string(group)
	}
	w.int(in.Now)
	w.int(int64(in.Roll))
	if n := len(in.Attributes); n < 16 {
		w.byte(0x80 | uint8(n))
	} else {
		w.wide(0xde, uint64(n), 2)
	}
	for i := range in.Attributes {
		a := &in.Attributes[i]
		w.string(a.Name)
		w.value(a)
	}
}

// NeedsNow says whether deciding flag i can look at the time, so that a host may leave the clock alone where it can't.
func (s *Snapshot) NeedsNow(i int32) bool {
	f := &s.flags[i]
	return f.windows.from < f.windows.to || f.prerequisites.from < f.prerequisites.to
}

// NeedsRoll says whether deciding flag i can look at chance.
func (s *Snapshot) NeedsRoll(i int32) bool {
	f := &s.flags[i]
	return f.timeDraw >= 0 || f.prerequisites.from < f.prerequisites.to
}
