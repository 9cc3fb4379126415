package httpapi

import "sync"

// recent remembers what was used lately, in bounded memory: two generations, of which the older is forgotten when the
// newer is full.
type recent[K comparable, V any] struct {
	most int // of a generation

	mu          sync.RWMutex
	now, before map[K]V
}

func newRecent[K comparable, V any](most int) *recent[K, V] {
	return &recent[K, V]{most: most, now: map[K]V{}}
}

// get returns what is remembered.
func (r *recent[K, V]) get(key K) (v V, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if v, ok = r.now[key]; !ok {
		v, ok = r.before[key]
	}
	return v, ok
}

// use returns what is remembered, or makes it, and remembers it for longer.
func (r *recent[K, V]) use(key K, create func() V) V {
	r.mu.RLock()
	v, ok := r.now[key]
	r.mu.RUnlock()
	if ok {
		return v
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, ok = r.now[key]; ok {
		return v
	}
	if v, ok = r.before[key]; !ok {
		v = create()
	}
	if len(r.now) >= r.most {
		r.now, r.before = map[K]V{}, r.now
	}
	r.now[key] = v
	return v
}
