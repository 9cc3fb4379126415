// Package httpapi serves the control plane over HTTP: the admin API, snapshots and their stream, OFREP, and what
// operators need.
//
//	service, err := controlplane.Open(ctx, controlplane.Config{Store: store, Webhooks: httpapi.NewSender(httpapi.SenderConfig{})})
//	api := httpapi.New(service, httpapi.Config{})
//	http.Handle("/flags/", http.StripPrefix("/flags", api)) // in your own server, or:
//	err = (&httpapi.Server{API: api}).Serve(ctx, listener)
//
// # Model
//
// routes.go lists every route: who may call it, which environment it is about, how large its body may be. Every request
// goes through the function serve in call.go, which admits it (token or session, rate, permission), handles or refuses it, measures it and logs it.
// Handlers turn HTTP into one call of the service, and the result into a document of package api; they decide nothing.
// problem.go turns every error into a problem document (RFC 9457) or, for OFREP, into what its protocol requires.
//
// openapi.yaml describes the whole API. Tests compare it with the routes, and with every request and response that they
// make.
//
// # Promises
//
//   - No response reveals more than the token's role and environments allow. An environment that a token may not see is a 403,
//     whether it exists or not.
//   - A body that is too large, cut short or malformed changes nothing. The response says where it is wrong.
//   - A session's cookie is as good as its token for pages of the same origin, and for nobody else. Without a dashboard no cookie is.
//   - A slow reader of a stream holds nobody up, and skips to the newest frame. The streams of a revoked token end at once.
//   - Pages that listen to OFREP's events take no streams from host SDKs, and no address or token can take them all.
//   - [API.Change] changes the settings while requests are served. A request reads one immutable value, without a lock.
//   - [API.Drain] ends the streams, so that a server can shut down at once; their clients resume elsewhere.
//
// # Caveats
//
// The package reports OFREP's evaluations as usage, except bulk evaluations, which ask for every flag whether or not it
// is used. Each replica has its own rate limits.
package httpapi
