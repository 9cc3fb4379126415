package gonfalon

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// Remember gives a context that carries options, and what is decided by them: ask with From(ctx), and a flag has the same
// answer for as long as the context is used, whatever changes meanwhile, and is decided once. It is for one request.
//
//	ctx = gonfalon.Remember(ctx, gonfalon.For(user), gonfalon.With("plan", plan))
//	…
//	if flags.Enabled("new_checkout", gonfalon.From(ctx)) { … }
func Remember(ctx context.Context, opts ...Option) context.Context {
	p := Prepare(append([]Option{From(ctx)}, opts...)...).prepared
	s := &scope{ctx: ctx, decided: map[asked]remembered{}}
	if p.scope != nil {
		s.override, s.all = p.scope.override, p.scope.all
	}
	p.scope = s
	return context.WithValue(ctx, scopeKey{}, p)
}

// Override gives a context in which decisions asked for with From(ctx) come from another client, wherever they are asked for, as
// far as that client knows the flag. It is how a test changes flags for itself alone; package flagtest has more.
func Override(ctx context.Context, by *Client) context.Context { return override(ctx, by, false) }

// OverrideAll is Override for every flag, also for those that the other client doesn't know.
func OverrideAll(ctx context.Context, by *Client) context.Context { return override(ctx, by, true) }

func override(ctx context.Context, by *Client, all bool) context.Context {
	p := *Prepare(From(ctx)).prepared
	s := &scope{ctx: ctx, override: by, all: all}
	if p.scope != nil && p.scope.decided != nil {
		s.decided = map[asked]remembered{} // what was remembered by other flags doesn't hold any more
	}
	p.scope = s
	return context.WithValue(ctx, scopeKey{}, &p)
}

// From is the options that a context carries, or nothing. Options given beside it add to them, and are decided anew.
func From(ctx context.Context) Option {
	if ctx == nil {
		return Option{}
	}
	if p, ok := ctx.Value(scopeKey{}).(*prepared); ok {
		return Option{kind: optionPrepared, prepared: p}
	}
	return Option{}
}

type scopeKey struct{}

// scope is one request's memory.
type scope struct {
	ctx      context.Context // of the request, for hooks
	override *Client
	all      bool // the override decides flags that it doesn't know, too
	mu       sync.Mutex
	decided  map[asked]remembered // nil: nothing is remembered
}

type asked struct {
	client *Client
	key    string
}

type remembered struct {
	by *generation
	d  engine.Decision
}

func (c *Client) resolveScoped(key string, opts []Option, q *query, d *engine.Decision) *generation {
	s := q.scope
	if by := s.instead(c, key); by != nil {
		return by.resolve(key, opts, q, d)
	}
	if s.decided == nil || !q.alone {
		return c.decideNow(key, q, d)
	}
	at := asked{c, key}
	if r, ok := s.recall(at); ok {
		*d = r.d
		c.evaluated(r.by, r.by.find(key), key, q, d)
		return r.by
	}
	g := c.decideNow(key, q, d)
	if g == nil {
		return nil
	}
	r := s.remember(at, remembered{g, *d})
	*d = r.d
	return r.by
}

func (s *scope) recall(at asked) (remembered, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.decided[at]
	return r, ok
}

// remember keeps r, unless another goroutine was first: then all answer as that one.
func (s *scope) remember(at asked, r remembered) remembered {
	s.mu.Lock()
	defer s.mu.Unlock()
	if first, ok := s.decided[at]; ok {
		return first
	}
	s.decided[at] = r
	return r
}

// instead is the client that decides a flag in place of c; nil: c does.
func (s *scope) instead(c *Client, key string) *Client {
	if by := s.override; by != nil && by != c && (s.all || by.knows(key)) {
		return by
	}
	return nil
}

// knows says whether the client has the flag.
func (c *Client) knows(key string) bool {
	g := c.serving.Load()
	return g != nil && g.find(key) >= 0
}

// overridden is all flags of c, with those that the scope's override knows decided by it, and those that only it has.
func (c *Client) overridden(dst []Decision, q *query, opts []Option) []Decision {
	if q.scope.all {
		return q.scope.override.AppendAll(dst, nil, opts...)
	}
	keys := map[string]bool{}
	for _, client := range []*Client{c, q.scope.override} {
		if g := client.serving.Load(); g != nil {
			for i := range g.loaded.Len() {
				keys[g.loaded.Key(i)] = true
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		dst = append(dst, c.Decide(key, opts...))
	}
	return dst
}
