package etcdtest

import (
	"fmt"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore"
)

// Link is a way to a member that can be frozen: its connections stay open, new ones are accepted, and nothing comes
// through, as with a process that is stopped or a network that drops packets. It can also be cut: its connections end,
// and so do new ones.
type Link struct {
	address url.URL
	to      string // the member's address, in the network of the link's own

	mu     sync.Mutex
	frozen chan struct{} // closed when it thaws; nil: it isn't frozen
	cut    bool
	all    []net.Conn
}

// Link returns a way to a member.
func (c *Cluster) Link(i int) *Link {
	c.t.Helper()
	c.links++
	l := &Link{address: url.URL{Scheme: "unix", Host: fmt.Sprintf("l%d:0", c.links)}, to: client(i).Host}
	listener, err := net.Listen("unix", l.address.Host)
	if err != nil {
		c.t.Fatal(err)
	}
	l.serve(c.t, listener)
	return l
}

// serve forwards connections until the test ends.
func (l *Link) serve(t testing.TB, listener net.Listener) {
	var open sync.WaitGroup
	open.Go(func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial(listener.Addr().Network(), l.to)
			if err != nil || !l.keep(from, to) {
				from.Close()
				continue
			}
			open.Go(func() { l.copy(to, from) })
			open.Go(func() { l.copy(from, to) })
		}
	})
	t.Cleanup(func() {
		l.Thaw()
		listener.Close()
		l.Cut()
		open.Wait()
	})
}

// keep remembers the two ends of a connection, unless the link is cut.
func (l *Link) keep(from, to net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		to.Close()
		return false
	}
	l.all = append(l.all, from, to)
	return true
}

// Cut ends all connections, and new ones at once.
func (l *Link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	for _, conn := range l.all {
		conn.Close()
	}
	l.all = nil
}

// Mend lets new connections through again.
func (l *Link) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = false
}

func (l *Link) copy(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	data := make([]byte, 64<<10)
	for {
		n, err := from.Read(data)
		l.mu.Lock()
		frozen := l.frozen
		l.mu.Unlock()
		if frozen != nil {
			<-frozen
		}
		if n > 0 {
			if _, err := to.Write(data[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// Freeze lets nothing through.
func (l *Link) Freeze() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.frozen == nil {
		l.frozen = make(chan struct{})
	}
}

// Thaw lets everything through again.
func (l *Link) Thaw() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.frozen != nil {
		close(l.frozen)
		l.frozen = nil
	}
}

// StoreBy is a client that reaches members by links.
func (c *Cluster) StoreBy(links ...*Link) *etcdstore.Store {
	c.t.Helper()
	var endpoints []string
	for _, l := range links {
		endpoints = append(endpoints, l.address.String())
	}
	return c.dial(endpoints)
}
