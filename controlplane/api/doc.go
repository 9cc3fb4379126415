// Package api holds the documents of the control plane's HTTP API, which openapi.yaml describes. The service returns
// them, httpapi writes them and apiclient reads them, so they are defined only once. It imports nothing of the server.
//
// A document that a GET returns can be put back unchanged: metadata that only the control plane can know is ignored.
//
// Why: RATIONALE.md "Why do the API's documents have a package of their own?"
package api
