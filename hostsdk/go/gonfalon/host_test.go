package gonfalon

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func (p *plane) host(t *testing.T) hostReport {
	t.Helper()
	select {
	case h := <-p.hosts:
		return h
	case <-time.After(patience):
		t.Fatal("no host tells what it serves")
	}
	panic("unreachable")
}

// TestHostTellsWhatItServes says which revision serves soon after each change, and that it ends.
func TestHostTellsWhatItServes(t *testing.T) {
	p := newPlane(t)
	c, s := p.client(t, compiled(t, 1, flagOn), nil)
	first := p.host(t)
	if first.Revision != 1 || first.SDK != "go" || first.Via != "stream" || len(first.ID) != 16 || len(first.Lineage) != 32 || first.Gone {
		t.Errorf("%+v", first)
	}
	s.event(t, "snapshot", compiled(t, 2, flagOn, flagOff))
	began := time.Now()
	second := p.host(t)
	if second.Revision != 2 || second.ID != first.ID {
		t.Errorf("%+v", second)
	}
	if took := time.Since(began); took > DefaultUsage/2 { // before which there is no regular report
		t.Errorf("it took %v", took)
	}
	c.Close()
	if last := p.host(t); !last.Gone || last.ID != first.ID {
		t.Errorf("the last report is %+v", last)
	}
}

// TestHostEndsWhileItTells closes a client while its first report is under way, which the control plane may have by then.
func TestHostEndsWhileItTells(t *testing.T) {
	p := newPlane(t)
	p.set(func() { p.silent = true })
	c, _ := p.client(t, nil, func(c *Config) { c.Bootstrap = compiled(t, 1, flagOn) })
	first := p.host(t)
	c.Close()
	if last := p.host(t); first.Gone || !last.Gone || last.ID != first.ID {
		t.Errorf("it told %+v, and %+v", first, last)
	}
}

// TestHostTellsAtItsTime spreads reports over two seconds, and never tells twice within five.
func TestHostTellsAtItsTime(t *testing.T) {
	now := time.Now()
	least, most := time.Hour, time.Duration(0)
	for range 1000 {
		in := tellIn(now, time.Time{})
		least, most = min(least, in), max(most, in)
		if in := tellIn(now, now.Add(-time.Second)); in < 4*time.Second || in > 6*time.Second {
			t.Fatalf("a second after it told, it tells in %v", in)
		}
	}
	if least < 0 || least > 100*time.Millisecond || most < 1900*time.Millisecond || most > 2*time.Second {
		t.Errorf("it tells within %v and %v", least, most)
	}
}

// TestOlderServerGetsCounts reports to a server that refuses what it doesn't know.
func TestOlderServerGetsCounts(t *testing.T) {
	p := newPlane(t)
	p.set(func() { p.old = true })
	p.client(t, compiled(t, 1, flagOn), func(c *Config) { c.Usage = 100 * time.Millisecond })
	if got := <-p.usage; got["on"] == 0 {
		t.Errorf("%v", got)
	}
	if len(p.hosts) > 0 {
		t.Errorf("an older server was told %+v", <-p.hosts)
	}
}

// TestHostThatMayNotTell stays silent with a token that may not report.
func TestHostThatMayNotTell(t *testing.T) {
	h := newHost(&Client{token: newSecret(""), config: Config{Endpoint: "http://127.0.0.1:1", Environment: "default", HTTP: &http.Client{}, Logger: quiet}})
	h.tell(t.Context())
	if !h.silent || h.told || h.plain {
		t.Errorf("%+v", h)
	}
	if v := version(); strings.Contains(v, "devel") {
		t.Error(v)
	}
}
