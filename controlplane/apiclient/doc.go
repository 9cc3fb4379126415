// Package apiclient is a Go client of the control plane's admin API, and the API's documents: httpapi writes and reads these
// same types, so that the two can't drift.
//
//	client := apiclient.New("http://127.0.0.1:8080", token)
//	flag, err := client.Enable(ctx, "default", "new_checkout", snapshot.ForGroup("staff"), apiclient.Write{Reason: "first wave"})
//
// # Model
//
// A method is one request. A document that a GET gives can be put back unchanged: what only the control plane can know is
// ignored. A failure is an [*Error] with the problem document, or what the network said. Nothing is retried: the caller
// knows what may be done twice.
//
// # Caveats
//
// A client must be at least as new as its control plane: a document with a member that it doesn't know is an error, because
// putting it back would lose that member.
//
// Programs that decide by flags don't use this package, but hostsdk/go.
package apiclient
