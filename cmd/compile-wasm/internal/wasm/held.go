package wasm

// held is what the locals of a function hold at one place. Its parts are shared
// by the places between which nothing in them changes, and never change
// themselves: a long function has many locals and many places.
type held []*part

type part [64]value

// hold is what locals hold at first: parameters anything, others zero. It is not nil.
func hold(params, locals int) held {
	h := make(held, (locals+len(part{})-1)/len(part{}))
	for k := range h {
		h[k] = new(part)
		for j := range h[k] {
			if k*len(part{})+j >= params {
				h[k][j] = unset
			}
		}
	}
	return h
}

func (h held) get(i int) value { return h[i/len(part{})][i%len(part{})] }

func (h held) set(i int, v value) {
	if h.get(i) == v {
		return
	}
	p := *h[i/len(part{})]
	p[i%len(part{})] = v
	h[i/len(part{})] = &p
}

// meet keeps in h what is the same in g, and reports whether that changed h.
func (h held) meet(g held) (changed bool) {
	for k := range h {
		if h[k] == g[k] {
			continue
		}
		var met *part // a copy, made once for all that differ
		for j, v := range g[k] {
			if before := h[k][j]; before == v || before == other {
				continue
			}
			if met == nil {
				p := *h[k]
				met = &p
			}
			met[j] = other
		}
		if met != nil {
			h[k], changed = met, true
		}
	}
	return changed
}
