package main

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// hostileCase is a way to misbehave, and what a client that has nothing must be after it.
type hostileCase struct {
	Name  string `json:"name"`
	About string `json:"about"`
	// Sources are those of the client that the case is about: "stream", "poll".
	Sources []string `json:"sources"`
	// States are those that the client may be in.
	States []string `json:"states"`
	// Within is how many seconds it has to get there, and stays at its default while it isn't READY.
	Within int `json:"within_seconds"`
	// MaxBytes is how many bytes of one answer the client may take, with what the system's buffers hold.
	MaxBytes int64 `json:"max_bytes"`
	// MemoryMB is how much the client's memory may grow meanwhile.
	MemoryMB int `json:"memory_mb"`
	// MendedWithin is how many seconds a client at its usual pace takes to be READY after the server is mended. 0: it is READY already,
	// or the server can't be mended.
	MendedWithin int `json:"mended_within_seconds"`

	asks             int64  // how many requests the check waits for
	stream, snapshot answer // nil: an honest one
	certificate      *certificate
}

const (
	mib = 1 << 20
	// small is the bound where a client has no reason to read on. Buffers on both sides hold some megabytes.
	small = 24 * mib
	// large is the bound where a client reads as much as the largest snapshot has, in base64.
	large = 72 * mib

	// longest is the longest interval of a client's back-off with its jitter, and asked what a Retry-After can make of it, in seconds.
	longest, asked = 50, 310
)

var (
	both, streams, polls = []string{"stream", "poll"}, []string{"stream"}, []string{"poll"}
	// lost are the states of a client that hasn't reached a server, refused those of one that has read what it can't use.
	lost, refused, either = []string{"NOT_READY"}, []string{"ERROR"}, []string{"NOT_READY", "ERROR"}
	ready                 = []string{"READY"}
	anything              = []string{"READY", "STALE", "NOT_READY", "ERROR"}
	html                  = whole(200, "<!doctype html><title>Sign in</title>", "Content-Type", "text/html")
)

// same is a case whose stream and snapshot are answered in one way.
func same(name, about string, sources, states []string, maxBytes int64, a answer) hostileCase {
	return hostileCase{Name: name, About: about, Sources: sources, States: states, Within: 10, MaxBytes: maxBytes, MemoryMB: 256, MendedWithin: 15, stream: a, snapshot: a}
}

// streamed is a case whose stream sends a text, and whose snapshot is a page of HTML.
func streamed(name, about string, states []string, maxBytes int64, text func(*hostile) string) hostileCase {
	return hostileCase{Name: name, About: about, Sources: streams, States: states, Within: 20, MaxBytes: maxBytes, MemoryMB: 256, MendedWithin: 15, stream: streamOf(text), snapshot: html}
}

// mendedWithin is a case after which a client takes its time to come back.
func mendedWithin(seconds int, c hostileCase) hostileCase {
	c.MendedWithin = seconds
	return c
}

// askedTwice is a case about what a client asks after an answer.
func askedTwice(c hostileCase) hostileCase {
	c.asks = 2
	return c
}

func secured(name, about string, states []string, c *certificate) hostileCase {
	return hostileCase{Name: name, About: about, Sources: both, States: states, Within: 10, MaxBytes: small, MemoryMB: 256, certificate: c}
}

var cases = []hostileCase{
	mendedWithin(0, same("honest", "It doesn't misbehave at all: a control for the test itself.", both, ready, small, nil)),
	mendedWithin(0, same("byte-by-byte", "It is honest, and sends byte by byte.", both, ready, small, slowly)),

	mendedWithin(longest, same("status-401", "It knows no token.", both, refused, small, whole(401, `{"title": "no such token"}`))),
	mendedWithin(longest, same("status-403", "The token is for another environment.", both, refused, small, whole(403, `{"title": "not here"}`))),
	mendedWithin(longest, same("status-404", "It has no such environment.", both, refused, small, whole(404, `{"title": "no such environment"}`))),
	mendedWithin(asked, same("status-429", "It asks to be left alone for a year; a client waits 5 minutes at most.", both, lost, small, whole(429, "", "Retry-After", "31536000"))),
	same("status-500", "It fails, with a text that is nearly JSON.", both, lost, small, whole(500, strings.Repeat("[", 100_000))),
	same("status-503", "It asks to come back at a time that is none.", both, lost, small, whole(503, "", "Retry-After", "Mon, 99 Foo 99999999 99:99:99 -9999")),
	same("status-204", "It answers without a body.", both, either, small, whole(204, "")),
	same("status-304", "It says that nothing has changed, to a client that has nothing.", both, either, small, whole(304, "")),

	same("html", "A proxy answers in its place, with a page.", both, refused, small, html),
	same("empty", "It answers 200 with an empty body.", both, refused, small, whole(200, "")),
	same("not-http", "It speaks another protocol.", both, either, small, raw("220 mail.example.com ESMTP\r\n", "", 0)),
	same("hang-up", "It closes the connection without an answer.", both, lost, small, raw("", "", 0)),
	same("cut-body", "It closes the connection in the middle of the body.", both, either, small, raw("HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\nhalf", "", 0)),
	same("drip-headers", "Its headers never end, and come slowly.", both, lost, small, raw("HTTP/1.1 200 OK\r\n", "X-More: y\r\n", 50*time.Millisecond)),
	same("drip-hints", "It announces an answer without an end (103), slowly.", both, either, small, raw("", "HTTP/1.1 103 Early Hints\r\n\r\n", 50*time.Millisecond)),
	same("flood-hints", "It announces an answer a million times (103), as fast as it can, and hangs up.", both, either, large, flood("HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n")),
	same("flood-continues", "It says a million times that the client may go on (100), as fast as it can, and hangs up.", both, either, large, flood("HTTP/1.1 100 Continue\r\n\r\n")),
	same("endless-headers", "Its headers never end.", both, either, small, raw("HTTP/1.1 200 OK\r\n", "X-More: "+strings.Repeat("y", 1000)+"\r\n", 0)),
	same("endless-header", "One of its headers never ends.", both, either, small, raw("HTTP/1.1 200 OK\r\nX-More: ", strings.Repeat("y", 1000), 0)),
	same("endless-body", "Its body never ends.", both, refused, large, raw("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n", strings.Repeat("\x94", 64_000), 0)),
	same("endless-error", "The body of its error never ends.", both, lost, small, raw("HTTP/1.1 500 No\r\nContent-Type: application/problem+json\r\n\r\n", strings.Repeat("[", 64_000), 0)),

	askedTwice(same("header-folded", "A folded line of its ETag looks like a header, which the client must not send.", both, anything, small, dressed(smuggling("\r\n ")))),
	askedTwice(same("header-newline", "Its ETag has a bare newline, after which it looks like a header that the client must not send.", both, anything, small, dressed(smuggling("\n")))),
	askedTwice(same("header-return", "Its ETag has a bare carriage return, after which it looks like a header that the client must not send.", both, anything, small, dressed(smuggling("\r")))),

	same("redirect-elsewhere", "It sends the client, with its token, to another origin.", both, either, small, redirect(func(h *hostile, r *http.Request) string { return h.elsewhere.URL + r.URL.RequestURI() })),
	same("redirect-loop", "It sends the client to where it is.", both, either, small, redirect(func(_ *hostile, r *http.Request) string { return r.URL.RequestURI() })),
	same("redirect-nowhere", "It sends the client to what is no address.", both, either, small, redirect(func(*hostile, *http.Request) string { return "http://[" })),
	same("redirect-file", "It sends the client to a file.", both, either, small, redirect(func(*hostile, *http.Request) string { return "file:///etc/passwd" })),

	same("gzip-wrong", "Its body says that it is gzip, and isn't.", both, either, small, whole(200, "no", "Content-Encoding", "gzip", "Content-Type", "text/event-stream")),
	{Name: "gzip-stream", About: "Something between packs its stream as gzip, which the client didn't ask for; its snapshot is honest.", Sources: streams, States: ready, Within: 15, MaxBytes: small, MemoryMB: 256, stream: zipped},
	same("gzip-cut", "Its gzip ends in the middle.", polls, either, small, bodyOf(200, func(h *hostile) []byte { p := packed(h.good); return p[:len(p)/2] }, "Content-Encoding", "gzip")),
	same("gzip-bomb", "Its gzip holds half a gigabyte.", polls, refused, small, bodyOf(200, func(*hostile) []byte { return bomb() }, "Content-Encoding", "gzip")),
	same("encoding-unknown", "Its body is in a form that the client didn't ask for.", both, refused, small, whole(200, "\x28\xb5\x2f\xfd", "Content-Encoding", "zstd")),

	same("snapshot-truncated", "Its snapshot lacks the last byte.", polls, refused, small, bodyOf(200, func(h *hostile) []byte { return h.good[:len(h.good)-1] })),
	same("snapshot-altered", "A bit of its snapshot is another one.", polls, refused, small, bodyOf(200, altered)),
	same("snapshot-elsewhere", "Its snapshot is of another environment.", polls, refused, small, bodyOf(200, func(*hostile) []byte { return staging() })),
	same("snapshot-huge", "Its snapshot has 33 MiB.", polls, refused, large, bodyOf(200, func(*hostile) []byte { return make([]byte, 33*mib) })),

	streamed("event-truncated", "The snapshot in its stream lacks the last byte.", refused, small, func(h *hostile) string { return event("snapshot", h.good[:len(h.good)-1], h.good) }),
	streamed("event-altered", "A bit of the snapshot in its stream is another one.", refused, small, func(h *hostile) string { return event("snapshot", altered(h), h.good) }),
	streamed("event-elsewhere", "The snapshot in its stream is of another environment.", refused, small, func(h *hostile) string { return event("snapshot", staging(), h.good) }),
	streamed("event-base64", "The snapshot in its stream isn't base64.", refused, small, func(h *hostile) string {
		return "event: snapshot\nid: " + position(h.good) + "\ndata: %%%\n\n"
	}),
	streamed("event-nul", "Its stream has NUL bytes.", refused, small, func(h *hostile) string {
		return "event: snapshot\x00\nid: \x00\ndata: \x00\x00\n\n" + event("snapshot", h.good[:len(h.good)-1], h.good)
	}),
	streamed("event-huge", "The snapshot in its stream has 33 MiB.", refused, large, func(h *hostile) string { return event("snapshot", make([]byte, 33*mib), h.good) }),
	streamed("line-huge", "A line of its stream has 100 MB.", refused, large, func(*hostile) string { return "event: snapshot\ndata: " + strings.Repeat("A", 100_000_000) + "\n\n" }),
	streamed("lines-huge", "An event of its stream has 100 MB, in short lines.", refused, large, func(*hostile) string {
		return "event: snapshot\n" + strings.Repeat("data: "+strings.Repeat("A", 90)+"\n", 1_000_000) + "\n"
	}),
	{Name: "event-mangled", About: "Its stream has its snapshot cut before each byte, then with another bit in each, and then whole.", Sources: streams, States: ready, Within: 20, MaxBytes: small, MemoryMB: 256, stream: streamOf(mangled)},
	{Name: "delta-without-base", About: "Its stream begins with a delta; its snapshot is honest.", Sources: streams, States: ready, Within: 10, MaxBytes: small, MemoryMB: 256, stream: streamOf(func(h *hostile) string { return event("delta", []byte{0x95, 0x90}, h.good) })},

	secured("certificate-unknown", "Its certificate is of an authority that the client doesn't know: CA.pem isn't to be trusted here.", lost, &certificate{host: "127.0.0.1"}),
	secured("certificate-of-another", "Its certificate is of another host. The client trusts CA.pem.", lost, &certificate{host: "flags.example.com"}),
	secured("certificate-expired", "Its certificate has expired. The client trusts CA.pem.", lost, &certificate{host: "127.0.0.1", expired: true}),
	secured("certificate-right", "It is honest. The client trusts CA.pem: a control for the test itself.", ready, &certificate{host: "127.0.0.1"}),
}

// smuggling returns headers that clients may remember and send again, each with a part that looks like another header.
func smuggling(line string) string {
	const id = "0000000000000000000000000000000000000000000000000000000000000000"
	more := line + smuggled + ": yes\r\n"
	return "ETag: \"" + id + "\"" + more + "X-Gonfalon-Supersedes: 00000000000000000000000000000000-1-" + id + more + "Set-Cookie: a=b" + more
}

// altered returns the good snapshot with another bit.
func altered(h *hostile) []byte {
	data := bytes.Clone(h.good)
	data[len(data)/2] ^= 1
	return data
}

// mangled returns events with all that can come of a snapshot that is cut or altered in one place, and with the snapshot.
func mangled(h *hostile) string {
	var b strings.Builder
	for i := range h.good {
		b.WriteString(event("snapshot", h.good[:i], h.good))
	}
	for i := range h.good {
		data := bytes.Clone(h.good)
		data[i] ^= 1
		b.WriteString(event("snapshot", data, h.good))
	}
	return b.String() + event("snapshot", h.good, h.good)
}

// staging returns a snapshot of the environment staging.
func staging() []byte {
	data, err := compile(snapshot.Header{Environment: "staging", Revision: 2}, flagA)
	if err != nil {
		panic(err) // it is always the same
	}
	return data
}
