package gonfalon

import (
	"context"
	"sync"

	"github.com/gonfalon-flags/gonfalon/engine"
)

// Remember returns a context that carries options, and the decisions made with them. Pass From(ctx) to a call: each
// flag is decided once, and keeps that answer for as long as the context is used, whatever changes meanwhile. It is
// for one request.
//
//	ctx = gonfalon.Remember(ctx, gonfalon.For(user), gonfalon.With("plan", plan))
//	…
//	if flags.Enabled("new_checkout", gonfalon.From(ctx)) { … }
func Remember(ctx context.Context, opts ...Option) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	p := Prepare(append([]Option{From(ctx)}, opts...)...).prepared
	s := &scope{ctx: ctx, decided: map[clientFlag]decided{}}
	if p.scope != nil {
		s.override, s.all = p.scope.override, p.scope.all
	}
	p.scope, p.plain = s, false
	return context.WithValue(ctx, scopeKey{}, p)
}

// Override returns a context in which calls with From(ctx) are answered by another client, whichever client they are
// made on, if that client knows the flag. It lets a test change flags for itself alone; package flagtest builds on it.
func Override(ctx context.Context, by *Client) context.Context { return override(ctx, by, false) }

// OverrideAll is Override for every flag, including those that the other client doesn't know.
func OverrideAll(ctx context.Context, by *Client) context.Context { return override(ctx, by, true) }

func override(ctx context.Context, by *Client, all bool) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	p := *Prepare(From(ctx)).prepared
	s := &scope{ctx: ctx, override: by, all: all}
	if p.scope != nil && p.scope.decided != nil {
		s.decided = map[clientFlag]decided{} // what was remembered by other flags doesn't hold any more
	}
	p.scope, p.plain = s, false
	return context.WithValue(ctx, scopeKey{}, &p)
}

// From returns the options that a context carries, or none. Other options of the same call add to them; such a call is
// decided again, and not remembered.
func From(ctx context.Context) (carried Option) {
	if ctx == nil {
		return Option{}
	}
	defer func() { _ = recover() }() // a context may be the program's own, or a nil pointer
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
	decided  map[clientFlag]decided // nil: nothing is remembered
}

type clientFlag struct {
	client *Client
	key    string
}

type decided struct {
	by   *generation
	flag int32
	d    engine.Decision
}

// remembers reports whether the answer to q is to be the same all through a request.
func (q *query) remembers() bool { return q.scope != nil && q.scope.decided != nil && q.alone }

// decideOnce decides as the request has decided before, or decides now and remembers that. Unknown flags are not
// remembered.
func (s *scope) decideOnce(by *Client, key string, q *query, d *engine.Decision) (*generation, int32, error) {
	at := clientFlag{by, key}
	if first, ok := s.recall(at); ok {
		*d = first.d
		return first.by, first.flag, nil
	}
	g, flag, err := by.decideNow(key, q, d)
	if flag < 0 {
		return g, flag, err
	}
	first := s.remember(at, decided{g, flag, *d})
	*d = first.d
	return first.by, first.flag, nil
}

func (s *scope) recall(at clientFlag) (decided, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.decided[at]
	return r, ok
}

// remember keeps r and returns it. If another goroutine was first, it returns that one's.
func (s *scope) remember(at clientFlag, r decided) decided {
	s.mu.Lock()
	defer s.mu.Unlock()
	if first, ok := s.decided[at]; ok {
		return first
	}
	s.decided[at] = r
	return r
}

// client returns the client that decides a flag in place of c: c, if it isn't overridden.
func (s *scope) client(c *Client, key string) *Client {
	if by := s.override; by != nil && by != c && (s.all || by.knows(key)) {
		return by
	}
	return c
}

// knows says whether the client has the flag.
func (c *Client) knows(key string) bool {
	g := c.serving.Load()
	return g != nil && g.find(key) >= 0
}
