package etcdtest

import (
	"fmt"
	"net"
	"net/url"
	"sync"

	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore"
)

// Link is a way to a member that can be frozen: its connections stay open, new ones are accepted, and nothing comes
// through, as with a process that is stopped or a network that drops packets.
type Link struct {
	address url.URL
	mu      sync.Mutex
	frozen  chan struct{} // closed when it thaws; nil: it isn't frozen
}

// Link returns a way to a member.
func (c *Cluster) Link(i int) *Link {
	c.t.Helper()
	c.links++
	l := &Link{address: url.URL{Scheme: "unix", Host: fmt.Sprintf("l%d:0", c.links)}}
	listener, err := net.Listen("unix", l.address.Host)
	if err != nil {
		c.t.Fatal(err)
	}
	var open sync.WaitGroup
	var mu sync.Mutex
	var all []net.Conn
	open.Go(func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("unix", client(i).Host)
			if err != nil {
				from.Close()
				continue
			}
			mu.Lock()
			all = append(all, from, to)
			mu.Unlock()
			open.Go(func() { l.copy(to, from) })
			open.Go(func() { l.copy(from, to) })
		}
	})
	c.t.Cleanup(func() {
		l.Thaw()
		listener.Close()
		mu.Lock()
		for _, conn := range all {
			conn.Close()
		}
		mu.Unlock()
		open.Wait()
	})
	return l
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
