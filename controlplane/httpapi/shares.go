package httpapi

import "sync"

// shares is room for a number of streams, of which each address and each token may take a part. So no visitor, and
// nobody who has copied one page's channel, can take the room of all others.
type shares struct {
	most, perAddress, perToken int

	mu     sync.Mutex
	open   int
	counts map[string]int // by address, and by token
}

func newShares(most, perAddress, perToken int) *shares {
	return &shares{most: most, perAddress: max(perAddress, 1), perToken: max(perToken, 1), counts: map[string]int{}}
}

// enter takes one place. If it gets one, the caller must leave.
func (s *shares) enter(address, token string) (leave func(), ok bool) {
	address, token = "address "+address, "token "+token
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open >= s.most || s.counts[address] >= s.perAddress || s.counts[token] >= s.perToken {
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
