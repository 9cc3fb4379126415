// Command contract plays the server for the tests of SDKs that aren't written in Go, and writes what their benchmarks decide.
//
//	contract replay SESSION.json       the server of a recorded session of ../testdata/sessions
//	contract hostile CASE [CA.pem]     a server that misbehaves; of those that speak TLS, the authority goes to CA.pem
//	contract hostile                   lists the cases as JSON, with what a client must be after each
//	contract bench FOLDER              writes 1000.snapshot and 10000.snapshot
//
// A server prints its address on the first line of its output, and ends when its input does. The client's token is "token", its
// environment "default".
//
// replay answers POST /replay/next: it does the server's steps of the session up to the next one that is about the client, and
// answers that step, as {"step": 4, "expect": {…}} or {"step": 5, "changed": […]}, or {"end": true} after the last. If the client
// doesn't do what the session says, the answer is 500, with the reason as text. GET /replay/bootstrap answers the session's
// bootstrap, or 204.
//
// hostile answers POST /hostile/check: 200, or 500 with what the client has done that it must not, as text. POST /hostile/mend
// makes the server an honest one, whose flag "a" is on; it answers 204.
//
// bench writes snapshots of flags of three kinds by turns: "boolean_00000" is on, "percentage_00000" is on for 25% of actors, and
// "rule_00000" is on for 50% of the actors that three constraints hold for.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "contract:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("want replay SESSION.json, hostile CASE [CA.pem], hostile, or bench FOLDER")

func run(args []string, in io.Reader, out io.Writer) error {
	switch {
	case len(args) == 2 && args[0] == "replay":
		s, err := readSession(args[1])
		if err != nil {
			return err
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		return serve(listener, "http", newReplay(s).handler(), in, out)
	case len(args) == 2 && args[0] == "bench":
		return writeBench(args[1])
	case len(args) == 1 && args[0] == "hostile":
		e := json.NewEncoder(out)
		e.SetIndent("", " ")
		return e.Encode(cases)
	case (len(args) == 2 || len(args) == 3) && args[0] == "hostile":
		h, err := newHostile(args[1])
		if err != nil {
			return err
		}
		defer h.close()
		listener, err := h.listen(args[2:])
		if err != nil {
			return err
		}
		return serve(listener, h.scheme(), h.handler(), in, out)
	}
	return errUsage
}

// serve serves until in ends.
func serve(listener net.Listener, scheme string, handler http.Handler, in io.Reader, out io.Writer) error {
	quiet := log.New(io.Discard, "", 0) // clients that hang up are what it is for
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute, ErrorLog: quiet}
	server.SetKeepAlivesEnabled(false) // one answer a connection, whose bytes are counted
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	if _, err := fmt.Fprintf(out, "%s://%s\n", scheme, listener.Addr()); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, in)
		ended <- err
	}()
	select {
	case err := <-done:
		return err
	case err := <-ended:
		return errors.Join(err, server.Close())
	}
}
