package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// answer is one way to answer a request.
type answer func(h *hostile, w http.ResponseWriter, r *http.Request)

// whole answers a status, a body and headers, which are pairs of name and value.
func whole(status int, body string, headers ...string) answer {
	return bodyOf(status, func(*hostile) []byte { return []byte(body) }, headers...)
}

// bodyOf is whole, with a body that is made for the case's server.
func bodyOf(status int, body func(*hostile) []byte, headers ...string) answer {
	return func(h *hostile, w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write(body(h))
	}
}

// streamOf sends a text as a stream, which then stays open.
func streamOf(text func(*hostile) string) answer {
	return func(h *hostile, w http.ResponseWriter, r *http.Request) {
		startStream(w)
		writeText(w, text(h))
		h.hold(r)
	}
}

// raw writes bytes to the connection: what begins the answer, then what follows, again and again with a pause between, until the
// client hangs up. If nothing follows, the connection is closed.
func raw(begin, follow string, pause time.Duration) answer {
	return func(h *hostile, w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, err = io.WriteString(conn, begin)
		for err == nil && follow != "" && !h.mended.Load() {
			_, err = io.WriteString(conn, follow)
			time.Sleep(pause)
		}
	}
}

// flood writes what comes before an answer a million times, and hangs up without one.
func flood(before string) answer {
	return func(h *hostile, w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		thousand := strings.Repeat(before, 1000)
		for i := 0; i < 1000 && err == nil && !h.mended.Load(); i++ {
			_, err = io.WriteString(conn, thousand)
		}
	}
}

// dressed is honest, with more lines in the headers. Its streams end after a second, so that the client comes back.
func dressed(headers string) answer {
	return func(h *hostile, w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		kind, body := "application/octet-stream", string(h.good)
		if isStream(r) {
			kind, body = "text/event-stream", event("snapshot", h.good, h.good)
		}
		_, err = io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+headers+"Content-Type: "+kind+"\r\nConnection: close\r\n\r\n"+body)
		for i := 0; i < 10 && err == nil && isStream(r) && !h.mended.Load(); i++ {
			time.Sleep(100 * time.Millisecond)
			_, err = io.WriteString(conn, "event: heartbeat\n\n")
		}
	}
}

// slowly writes what the honest server does, byte by byte.
func slowly(h *hostile, w http.ResponseWriter, r *http.Request) {
	h.honest(&slowWriter{ResponseWriter: w, flush: http.NewResponseController(w)}, r)
}

type slowWriter struct {
	http.ResponseWriter
	flush *http.ResponseController
}

func (w *slowWriter) Write(p []byte) (int, error) {
	for i := range p {
		if _, err := w.ResponseWriter.Write(p[i : i+1]); err != nil {
			return i, err
		}
		if err := w.flush.Flush(); err != nil {
			return i, err
		}
	}
	return len(p), nil
}

func (w *slowWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// zipped writes what the honest server does in gzip's form, which nobody asked for.
func zipped(h *hostile, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	h.honest(&zippedWriter{ResponseWriter: w, flush: http.NewResponseController(w), gzip: gzip.NewWriter(w)}, r)
}

type zippedWriter struct {
	http.ResponseWriter
	flush *http.ResponseController
	gzip  *gzip.Writer
}

func (w *zippedWriter) Write(p []byte) (int, error) {
	n, err := w.gzip.Write(p)
	if err == nil {
		err = w.gzip.Flush()
	}
	if err == nil {
		err = w.flush.Flush()
	}
	return n, err
}

func (w *zippedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// redirect sends the client to where the function says.
func redirect(to func(h *hostile, r *http.Request) string) answer {
	return func(h *hostile, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", to(h, r))
		w.WriteHeader(http.StatusFound)
	}
}

// hold keeps an answer open until the client hangs up, or the server is mended.
func (h *hostile) hold(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-h.mending:
	}
}

func isStream(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/stream") }

func startStream(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
}

func writeText(w http.ResponseWriter, text string) {
	_, _ = io.WriteString(w, text)
	_ = http.NewResponseController(w).Flush()
}

// event is an event of a stream, about the snapshot that it leads to.
func event(kind string, frame, leadsTo []byte) string {
	return fmt.Sprintf("event: %s\nid: %s\ndata: %s\n\n", kind, position(leadsTo), base64.StdEncoding.EncodeToString(frame))
}

// packed returns data in gzip's form.
func packed(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

// bomb is gzip's form of half a gigabyte of zeros, in members of 64 MiB. It grows a thousandfold when it is unpacked.
var bomb = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.CopyN(w, zeros{}, 64*mib)
	_ = w.Close()
	return bytes.Repeat(b.Bytes(), 8)
})

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
