package httpapi

import (
	"strconv"
	"sync"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine"
)

// appendEvents appends the address at which a page learns of changes. A page can't send a token there. Instead a channel
// lets it in, which is derived from its token. The page learns that something changed, not what.
// Why: RATIONALE.md "Why may a page listen to OFREP's event stream without a token?"
func (c *call) appendEvents(dst []byte) []byte {
	origin, path := c.publicBase("/ofrep/v1/evaluate/flags")
	if origin != "" {
		dst = append(dst, `"origin":`...)
		dst = append(appendText(dst, origin), ',')
	}
	dst = append(dst, `"requestUri":`...)
	return appendText(dst, path+"/ofrep/v1/events?channel="+c.service().Channel(c.token.ID, c.env))
}

// events tells a page to evaluate again on each change, and at each time when a schedule opens or closes. It also does
// so at the start, because a page can't say what it has, unless the page resumes.
func (c *call) events() error {
	c.secret = c.QueryParam("channel")
	listener, env, err := c.service().Listener(c.secret)
	if err != nil {
		return err
	}
	c.token, c.env = listener, env
	address := network(c.rules.proxies.caller(c.Request())).String()
	leave, ok := c.api.pages.enter(c.rules.pages, address, listener.ID)
	if !ok {
		return &api.Error{Code: api.Unavailable, Message: "too many pages listen"}
	}
	defer leave()
	after, _ := engine.ParsePosition(c.lastEventID())
	s, ctx, err := c.openStream(":\n\n")
	if err != nil {
		return err
	}
	defer s.close()
	if s.send(s.retry(), ":\n\n") != nil {
		return nil
	}
	edges := c.atEdges(s)
	defer edges.stop()
	format := c.service().Formats()[0]
	after, _ = c.service().Resume(ctx, c.env, after, format)
	for frame, err := range c.service().WatchIn(ctx, c.env, after, format) {
		told := edges.now() // before the page can evaluate
		if err != nil || s.refetch(frame.Position()) != nil {
			return nil
		}
		edges.move(told)
	}
	return nil
}

// refetch tells the page to evaluate again.
func (s *stream) refetch(at engine.Position) error {
	id := at.String()
	return s.send("event: message\nid: ", id, "\ndata: {\"type\":\"refetchEvaluation\",\"etag\":\"", id, "\",\"lastModified\":", strconv.FormatInt(time.Now().Unix(), 10), "}\n\n")
}

// edges tells a page to evaluate again when a schedule opens or closes.
type edges struct {
	call   *call
	stream *stream

	mu    sync.Mutex
	timer *time.Timer
	next  int64 // the next edge, in Unix microseconds
	ended bool
}

// edgeCheck is the longest pause of the timer, so that setting the clock doesn't make it late for long.
const edgeCheck = time.Minute

func (c *call) atEdges(s *stream) *edges {
	e := &edges{call: c, stream: s, next: engine.OpenUntil}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.timer = time.AfterFunc(0, e.check)
	return e
}

// check tells the page of an edge that has come, and waits for the next one.
func (e *edges) check() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.look(e.now())
}

// move looks for the edges of a change that the page was told of at this time: one that has come since is told, too.
func (e *edges) move(told int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.next = engine.OpenUntil
	e.look(told)
}

// look tells the page of an edge that has come, and waits for the first one after a time. The lock is held.
func (e *edges) look(after int64) {
	if e.ended {
		return
	}
	newest, err := e.call.service().Snapshot(e.call.context(), e.call.env)
	if err != nil {
		return // the environment is gone, and with it the stream
	}
	loaded, err := newest.Engine()
	if err != nil {
		return
	}
	if after >= e.next && e.stream.refetch(newest.Position()) != nil {
		return
	}
	e.next = loaded.NextEdge(after)
	e.timer.Reset(edgeCheck)
	if now := e.now(); e.next < now+edgeCheck.Microseconds() {
		e.timer.Reset(time.Duration(max(e.next-now, 0)) * time.Microsecond)
	}
}

func (e *edges) now() int64 { return e.call.api.config.Clock().UnixMicro() }

func (e *edges) stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
	e.timer.Stop()
}
