// Package httpapi is the control plane over HTTP: the admin API, snapshots and their stream, OFREP, and what operators need.
//
//	service, err := controlplane.Open(ctx, controlplane.Config{Store: store, Webhooks: httpapi.NewSender(httpapi.SenderConfig{})})
//	api := httpapi.New(service, httpapi.Config{})
//	http.Handle("/flags/", http.StripPrefix("/flags", api)) // under a server of one's own, or:
//	err = (&httpapi.Server{API: api}).Serve(ctx, listener)
//
// # Model
//
// routes.go lists every route with what it needs: who may call it, which environment it is about, how large its body may be.
// A request passes [API.serve] alone: it is admitted (token, rate, permission), handled, or refused, measured and logged, in
// this order, on one screen. Handlers turn HTTP into one call of the service and its answer into a document of apiclient;
// they decide nothing. Every error becomes a problem document (RFC 9457) in problem.go, or for OFREP what its protocol says.
//
// openapi.yaml describes all of it. Tests compare it with the routes, and with every request and response that they make.
//
// # Promises
//
//   - No answer says more than the token's role and environments allow; an environment outside a token's is 403 whether it exists or not.
//   - A body that is too large, cut short or malformed changes nothing, and says where it is wrong.
//   - A slow reader of a stream holds up nobody, and skips to the newest. A revoked token's streams end within a heartbeat.
//   - [API.Drain] ends the streams, so that a server can shut down at once; their clients resume elsewhere.
//
// # Caveats
//
// The package counts what it decides for OFREP and reports it as usage, except bulk evaluations: those ask for every flag,
// used or not. Rate limits are each replica's own.
package httpapi
