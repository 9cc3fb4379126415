package httpapi

import "sync"

// room is how many streams may be open, and how many of them one address and one token may have. So no visitor, and
// nobody who has copied one page's channel, can take the room of all others.
type room struct{ most, perAddress, perToken int }

// shares are the parts of a room that are taken.
type shares struct {
	mu     sync.Mutex
	open   int
	counts map[string]int // by address, and by token
}

func newShares() *shares { return &shares{counts: map[string]int{}} }

// enter takes one place of a room. If it gets one, the caller must leave.
func (s *shares) enter(r room, address, token string) (leave func(), ok bool) {
	address, token = "address "+address, "token "+token
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open >= r.most || s.counts[address] >= r.perAddress || s.counts[token] >= r.perToken {
		return nil, false
	}
	s.add(1, address, token)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.add(-1, address, token)
	}, true
}

func (s *shares) add(n int, names ...string) {
	s.open += n
	for _, name := range names {
		if s.counts[name] += n; s.counts[name] == 0 {
			delete(s.counts, name)
		}
	}
}

// count returns how many streams are open.
func (s *shares) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}
