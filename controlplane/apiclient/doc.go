// Package apiclient is a Go client for the control plane's admin API. It reads and writes the documents of package api,
// as the server does, so the two can't drift apart.
//
//	client := apiclient.New("http://127.0.0.1:8080", token)
//	flag, err := client.Enable(ctx, "default", "new_checkout", flagset.ForGroup("staff"), apiclient.WriteOptions{Reason: "first wave"})
//
// # Model
//
// Each method is one request. You can put back a document that a GET returned: members that only the control plane can
// know are ignored. A failure is an [*Error] with the problem document, or the network's error. Nothing is retried,
// since only the caller knows what may be done twice.
//
// # Caveats
//
// A client skips what it doesn't know of an answer, since its control plane may be newer. A flag and a segment name that in
// Unknown: who puts such a document back loses it.
// Why: RATIONALE.md "Why does a client skip what it doesn't know, and the server doesn't?"
//
// Programs that evaluate flags don't need this package; they use hostsdk/go/gonfalon.
package apiclient
