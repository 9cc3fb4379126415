package gonfalon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

const testToken = "gfn_sdk_3f9a7c55e1"

// answering is a server that answers everything with the same bytes.
func answering(t *testing.T, answer string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() { listener.Close(); all.Wait() })
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				if _, err := conn.Read(make([]byte, 4096)); err == nil {
					_, _ = conn.Write([]byte(answer))
				}
			})
		}
	})
	return "http://" + listener.Addr().String()
}

// lockedBuffer is a log that many goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func TestAServerThatRepeatsTheTokenShowsItNowhere(t *testing.T) {
	whole := func(head, body string) string {
		return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s", head, len(body), body)
	}
	elsewhere := string(compiledIn(t, snapshot.Header{Environment: testToken, Revision: 1}, flagOn))
	for where, answer := range map[string]string{
		"the reason":                        whole("500 "+testToken, ""),
		"the page of a refusal":             whole("403 No", "what is\n"+testToken+" or "+strings.ToUpper(testToken)),
		"a page that is cut amid the token": whole("500 No", strings.Repeat(testToken, 1000)),
		"the type":                          whole("200 OK\r\nContent-Type: "+testToken, ""),
		"the address of a redirect":         whole("302 Moved\r\nLocation: http://"+testToken+".example/", ""),
		"what is no address":                whole("302 Moved\r\nLocation: http://"+testToken+"[", ""),
		"what is no HTTP":                   testToken + "\r\n\r\n",
		"an environment":                    whole("200 OK", elsewhere),
	} {
		for _, source := range []Source{Stream(), Poll(time.Hour)} {
			t.Run(fmt.Sprintf("%s, %T", where, source), func(t *testing.T) {
				var log lockedBuffer
				lost := make(chan struct{})
				c, err := New(t.Context(), Config{
					Endpoint: answering(t, answer), Token: testToken, Source: once{source, lost}, ReadyWithin: -1, Usage: time.Millisecond, Bootstrap: nil,
					Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
				})
				if err != nil {
					t.Fatal(err)
				}
				var events []Event
				c.Subscribe(func(e Event) { events = append(events, e) })
				<-lost
				for c.Stats().LastError == nil {
					time.Sleep(time.Millisecond)
				}
				c.Close()
				last := c.Stats().LastError.Error()
				if len(last) > 4*maxLine || strings.ContainsFunc(last, func(r rune) bool { return r < ' ' && r != '\n' }) {
					t.Errorf("the error is %q", last)
				}
				said := fmt.Sprintf("%s %+v %+v %#v %+v", last, events, c.Stats(), c.Stats().LastError, c)
				if secret := testToken[:len(testToken)-4]; strings.Contains(strings.ToLower(said+log.String()), secret) {
					t.Errorf("%s\n%s", said, log.String())
				}
			})
		}
	}
}

// once is a source that tells when it is lost.
type once struct {
	Source
	lost chan struct{}
}

func (o once) Run(ctx context.Context, feed *Feed) error {
	err := o.Source.Run(ctx, feed)
	select {
	case <-o.lost:
	default:
		close(o.lost)
	}
	return err
}

func TestASecretHidesItself(t *testing.T) {
	s := newSecret(testToken)
	if said := fmt.Sprintf("%v %+v %#v", s, s, s); strings.Contains(said, "gfn") {
		t.Error(said)
	}
	for text, want := range map[string]string{
		"one\r\n" + strings.ToUpper(testToken) + "\x1b[31m\u202e": "one … [31m",
		strings.Repeat("x", 2000):                                 strings.Repeat("x", maxLine) + "…",
		strings.Repeat("x", maxLine-1) + "ä":                      strings.Repeat("x", maxLine-1) + "…",
	} {
		if got := s.line(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	if got := s.begun("xxxx" + strings.Repeat("y", 50) + testToken[:6]); strings.Contains(got, "gfn") {
		t.Error(got)
	}
	if got := newSecret("dev").line("devices"); got != "devices" {
		t.Error(got)
	}
	wrapped := fmt.Errorf("well: %w", http.ErrAbortHandler)
	if got := s.clean(wrapped); !errors.Is(got, http.ErrAbortHandler) || s.clean(nil) != nil {
		t.Error(got)
	}
}
