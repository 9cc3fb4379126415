package gonfalon

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

func delta(t testing.TB, base, next []byte) []byte {
	t.Helper()
	d, err := snapshot.Delta(base, next)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func revision(c *Client) int64 { return c.Stats().Info.Position.Revision }

func TestStreamDeliversSnapshotsAndDeltas(t *testing.T) {
	p := newPlane(t)
	one, two := compiled(t, 1, flagOn), compiled(t, 2, flagOn, flagActor)
	c, s := p.client(t, one, nil)
	if s.lastEventID != "" {
		t.Errorf("a client that has nothing resumes from %q", s.lastEventID)
	}
	s.event(t, "delta", delta(t, one, two))
	until(t, c, func() bool { return c.Enabled("actor", For("user:42")) })
	if c.State() != Ready || !bytes.Equal(c.Snapshot(), two) {
		t.Error("the delta made another snapshot")
	}
	s.close()
	s = p.connection(t)
	if want := fmt.Sprintf("61616161616161616161616161616161-2-%x", two[len(two)-32:]); s.lastEventID != want {
		t.Errorf("it resumes from %q, want %q", s.lastEventID, want)
	}
	if c.State() != Ready {
		t.Errorf("a stream that comes back at once makes the client %s", c.State())
	}
}

func TestWhatIsBrokenChangesNothing(t *testing.T) {
	p := newPlane(t)
	one, two, three := compiled(t, 1, flagOn), compiled(t, 2, flagOn, flagOff), compiled(t, 3, flagOn, flagHero)
	p.snapshot = two
	c, s := p.client(t, two, nil)
	broken := bytes.Clone(three)
	broken[len(broken)/2] ^= 1
	elsewhere := compiledIn(t, snapshot.Header{Environment: "staging", Lineage: lineage('a'), Revision: 9}, flagOn)
	for i, text := range []string{
		eventText(t, "snapshot", one),
		eventText(t, "snapshot", broken),
		eventText(t, "snapshot", three[:40]) + "",
		eventText(t, "snapshot", elsewhere),
		eventText(t, "delta", delta(t, one, three)),
		"event: snapshot\ndata: %%%\n\n",
		"event: delta\ndata: " + base64.StdEncoding.EncodeToString([]byte{0x95}) + "\n\n",
		"event: snapshot\ndata:\n\n",
	} {
		s.text(t, text)
		until(t, c, func() bool { return c.Stats().Refused == int64(i)+1 })
		if !bytes.Equal(c.Snapshot(), two) {
			t.Fatalf("frame %d was taken", i)
		}
	}
	if c.State() != Ready || c.Stats().Taken != 1 {
		t.Errorf("%+v", c.Stats())
	}
	s.event(t, "snapshot", three)
	until(t, c, func() bool { return revision(c) == 3 })
}

func TestADeltaForAnotherSnapshotFetchesAWholeOne(t *testing.T) {
	p := newPlane(t)
	one, two, three := compiled(t, 1, flagOn), compiled(t, 2, flagOn, flagOff), compiled(t, 3, flagOn, flagHero)
	p.snapshot = three
	c, s := p.client(t, one, nil)
	s.event(t, "delta", delta(t, two, three))
	until(t, c, func() bool { return revision(c) == 3 })
	s.event(t, "delta", delta(t, two, three)) // it has that already
	s.event(t, "heartbeat", nil)
	until(t, c, func() bool { return c.Stats().Refused == 2 })
	if n := len(p.asked); n != 1 {
		t.Errorf("it asked %d times", n)
	}
}

func TestAnotherLineageIsTakenAtOnce(t *testing.T) {
	p := newPlane(t)
	c, s := p.client(t, compiled(t, 7, flagOn), nil)
	events := make(chan Event, 8)
	defer c.Subscribe(func(e Event) { events <- e })()
	s.event(t, "snapshot", compiledIn(t, snapshot.Header{Environment: DefaultEnvironment, Lineage: lineage('b'), Revision: 1}, flagOn, flagOff))
	for e := range events {
		if e.Kind == FlagsChanged && e.LineageChanged {
			break
		}
	}
	if revision(c) != 1 {
		t.Errorf("revision %d", revision(c))
	}
}

func TestWithoutAStreamItAsksForTheSnapshot(t *testing.T) {
	p := newPlane(t)
	p.streams, p.snapshot = false, compiled(t, 1, flagOn)
	c, err := New(t.Context(), Config{Endpoint: p.URL, Token: "token", Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !c.Enabled("on") {
		t.Error("it has no flags")
	}
}

func TestAWrongTokenIsAnError(t *testing.T) {
	p := newPlane(t)
	c, err := New(t.Context(), Config{Endpoint: p.URL, Token: "other", Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	until(t, c, func() bool { return c.State() == Error })
	if !c.Enabled("on", Default(true)) || !refuses(c.Stats().LastError) {
		t.Errorf("%+v", c.Stats())
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "3": 3 * time.Second, "-3": 0, "soon": 0, "99999999": longestAsked, "9223372036854775807": longestAsked,
		"Thu, 01 Jan 2026 00:00:07 GMT": 7 * time.Second, "Thu, 01 Jan 2025 00:00:07 GMT": 0,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

// TestAStreamSaysWhenToComeBack: a control plane that drains spreads its clients over some time.
func TestAStreamSaysWhenToComeBack(t *testing.T) {
	p := newPlane(t)
	c, s := p.client(t, compiled(t, 1, flagOn), nil)
	s.text(t, "ret")
	s.text(t, "ry: 1200\r\n\r\n")
	s.event(t, "heartbeat", nil)
	ended := time.Now()
	s.close()
	p.connection(t)
	if pause := time.Since(ended); pause < 1100*time.Millisecond {
		t.Errorf("it came back after %v", pause)
	}
	if c.State() != Ready {
		t.Errorf("meanwhile it is %s", c.State())
	}
}

// TestAStreamCantCallItsClientsBackAtOnce: a control plane that ends each stream is not asked without a pause.
func TestAStreamCantCallItsClientsBackAtOnce(t *testing.T) {
	for _, wish := range []string{"0", "1"} {
		p := newPlane(t)
		_, s := p.client(t, compiled(t, 1, flagOn), nil)
		s.text(t, "retry: "+wish+"\n\n")
		s.event(t, "heartbeat", nil)
		ended := time.Now()
		s.close()
		p.connection(t)
		if pause := time.Since(ended); pause < shortestPause/2-10*time.Millisecond {
			t.Errorf("retry: %s: it came back after %v", wish, pause)
		}
	}
}

func TestRetry(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"retry: 5\n": 5 * time.Millisecond, "retry:70\r\n": 70 * time.Millisecond, "data: x\nretry: 5\nretry: 6\n": 6 * time.Millisecond, "retry: 9999999\n": longestAsked,
		"retry: 5": 0, "retry: x\n": 0, "retry: -5\n": 0, "retry: 99999999\n": 0, "xretry: 5\n": 0, "data: retry: 5\n": 0,
	} {
		for _, size := range []int{1, 3, 100} {
			watchdog := time.NewTimer(time.Hour)
			h := &heard{Reader: strings.NewReader(text), watchdog: watchdog}
			for buffer := make([]byte, size); ; {
				if _, err := h.Read(buffer); err != nil {
					break
				}
			}
			if h.retry != want {
				t.Errorf("%q by %d: %v, want %v", text, size, h.retry, want)
			}
			watchdog.Stop()
		}
	}
}
