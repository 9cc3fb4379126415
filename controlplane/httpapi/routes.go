package httpapi

import (
	"net/http"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// route is what the API does for one method and address.
type route struct {
	method, path string
	noun         string         // what the body is, in problems: a flag, a segment …; "": a request
	permit       api.Permission // that the token must have; "": no token is needed
	env          environment    // in which environment it must have it
	action       string         // the name of a change in the audit; "": nothing is changed
	limit        int64          // of the body, in bytes
	query        string         // the parameters of the address; "*": whatever comes
	endless      bool           // its answer is a stream
	handle       func(*call) error
}

const (
	mayAdmin    = api.PermitAdmin
	mayWrite    = api.PermitWrite
	mayRead     = api.PermitRead
	mayFetch    = api.PermitSnapshot
	mayReport   = api.PermitUsage
	mayEvaluate = api.PermitEvaluate
)

// routes is the whole API.
func routes() []route {
	const (
		envsPath    = "/v1/envs"
		envPath     = "/v1/envs/:env"
		flagsPath   = "/v1/envs/:env/flags"
		flagPath    = "/v1/envs/:env/flags/:key"
		segmentPath = "/v1/envs/:env/segments/:key"
		auditQuery  = "env flag segment by on_behalf_of action since until cursor limit"
		pageQuery   = "by on_behalf_of action since until cursor limit"
		dryQuery    = "dry_run"
	)
	return []route{
		{method: "GET", path: envsPath, noun: "environment", permit: mayRead, env: anyEnvironment, handle: (*call).listEnvironments},
		{method: "POST", path: envsPath, noun: "environment", permit: mayAdmin, action: "environment.create", limit: MaxBody, query: dryQuery, handle: (*call).createEnvironment},
		{method: "GET", path: envPath, noun: "environment", permit: mayRead, env: pathEnvironment, handle: (*call).getEnvironment},
		{method: "PATCH", path: envPath, noun: "environment", permit: mayAdmin, env: pathEnvironment, action: "environment.update", limit: MaxBody, query: dryQuery, handle: (*call).updateEnvironment},
		{method: "DELETE", path: envPath, noun: "environment", permit: mayAdmin, env: pathEnvironment, action: "environment.delete", limit: MaxBody, query: "confirm reason dry_run", handle: (*call).deleteEnvironment},
		{method: "POST", path: envPath + "/copy", noun: "environment", permit: mayWrite, env: pathEnvironment, action: "copy", limit: MaxBody, query: dryQuery, handle: (*call).copyEnvironment},
		{method: "POST", path: envPath + "/rollback", noun: "environment", permit: mayWrite, env: pathEnvironment, action: "environment.rollback", limit: MaxBody, query: dryQuery, handle: (*call).rollbackEnvironment},
		{method: "GET", path: envPath + "/export", noun: "environment", permit: mayRead, env: pathEnvironment, query: "revision time", handle: (*call).exportEnvironment},
		{method: "POST", path: envPath + "/import", noun: "document", permit: mayWrite, env: pathEnvironment, action: "import", limit: MaxImportBody, query: "prune tolerant reason dry_run", handle: (*call).importEnvironment},

		{method: "GET", path: flagsPath, noun: "flag", permit: mayRead, env: pathEnvironment, query: "search tag prefix owner state stale sort cursor limit", handle: (*call).listFlags},
		{method: "GET", path: envPath + "/index", noun: "environment", permit: mayRead, env: pathEnvironment, handle: (*call).getIndex},
		{method: "GET", path: flagPath, noun: "flag", permit: mayRead, env: pathEnvironment, handle: (*call).getFlag},
		{method: "PUT", path: flagPath, noun: "flag", permit: mayWrite, env: pathEnvironment, action: "flag.put", limit: MaxFlagBody, query: dryQuery, handle: (*call).putFlag},
		{method: "DELETE", path: flagPath, noun: "flag", permit: mayWrite, env: pathEnvironment, action: "flag.delete", limit: MaxBody, query: "reason dry_run", handle: (*call).deleteFlag},
		{method: "POST", path: flagPath + "/enable", noun: "flag", permit: mayWrite, env: pathEnvironment, action: "flag.enable", limit: MaxBody, query: dryQuery, handle: (*call).enable},
		{method: "POST", path: flagPath + "/disable", noun: "flag", permit: mayWrite, env: pathEnvironment, action: "flag.disable", limit: MaxBody, query: dryQuery, handle: (*call).disable},
		{method: "POST", path: flagPath + "/clear", noun: "flag", permit: mayWrite, env: pathEnvironment, action: "flag.clear", limit: MaxBody, query: dryQuery, handle: (*call).clear},
		{method: "POST", path: flagPath + "/variants", noun: "flag", permit: mayWrite, env: pathEnvironment, action: "flag.variants", limit: MaxFlagBody, query: dryQuery, handle: (*call).putVariants},
		{method: "POST", path: flagPath + "/kill", noun: "flag", permit: mayWrite, env: pathEnvironment, action: "flag.kill", limit: MaxBody, query: dryQuery, handle: (*call).kill},
		{method: "POST", path: flagPath + "/revive", noun: "flag", permit: mayWrite, env: pathEnvironment, action: "flag.revive", limit: MaxBody, query: dryQuery, handle: (*call).revive},
		{method: "POST", path: flagPath + "/rollback", noun: "flag", permit: mayWrite, env: pathEnvironment, action: "flag.rollback", limit: MaxBody, query: dryQuery, handle: (*call).rollback},
		{method: "GET", path: flagPath + "/history", noun: "flag", permit: mayRead, env: pathEnvironment, query: pageQuery, handle: (*call).history},
		{method: "POST", path: flagPath + "/evaluate", permit: mayRead, env: pathEnvironment, limit: MaxContextBody, handle: (*call).evaluate},
		{method: "POST", path: flagPath + "/explain", permit: mayRead, env: pathEnvironment, limit: MaxContextBody, handle: (*call).explain},
		{method: "POST", path: envPath + "/preview", permit: mayRead, env: pathEnvironment, limit: MaxFlagBody, handle: (*call).preview},

		{method: "GET", path: envPath + "/segments", noun: "segment", permit: mayRead, env: pathEnvironment, handle: (*call).listSegments},
		{method: "GET", path: segmentPath, noun: "segment", permit: mayRead, env: pathEnvironment, handle: (*call).getSegment},
		{method: "PUT", path: segmentPath, noun: "segment", permit: mayWrite, env: pathEnvironment, action: "segment.put", limit: MaxFlagBody, query: dryQuery, handle: (*call).putSegment},
		{method: "DELETE", path: segmentPath, noun: "segment", permit: mayWrite, env: pathEnvironment, action: "segment.delete", limit: MaxBody, query: "reason dry_run", handle: (*call).deleteSegment},

		{method: "GET", path: envPath + "/snapshot", noun: "environment", permit: mayFetch, env: pathEnvironment, query: "formats", handle: (*call).getSnapshot},
		{method: "GET", path: envPath + "/stream", noun: "environment", permit: mayFetch, env: pathEnvironment, query: "formats", endless: true, handle: (*call).getStream},
		{method: "GET", path: envPath + "/usage", noun: "environment", permit: mayRead, env: pathEnvironment, query: "stale", handle: (*call).getUsageIndex},
		{method: "GET", path: flagPath + "/usage", noun: "flag", permit: mayRead, env: pathEnvironment, query: "by", handle: (*call).getUsage},
		{method: "GET", path: envPath + "/hosts", noun: "environment", permit: mayRead, env: pathEnvironment, handle: (*call).getHosts},
		{method: "GET", path: envPath + "/changes", noun: "environment", permit: mayRead, env: pathEnvironment, endless: true, handle: (*call).getChanges},
		{method: "POST", path: envPath + "/usage", permit: mayReport, env: pathEnvironment, limit: MaxBody, handle: (*call).postUsage},

		{method: "GET", path: envPath + "/audit/:revision", noun: "environment", permit: mayRead, env: pathEnvironment, handle: (*call).auditEntry},
		{method: "GET", path: "/v1/audit", permit: mayRead, env: anyEnvironment, query: auditQuery, handle: (*call).audit},
		{method: "GET", path: "/v1/audit/failures", permit: mayRead, env: anyEnvironment, query: auditQuery, handle: (*call).failures},
		{method: "GET", path: "/v1/tokens", noun: "token", permit: mayAdmin, handle: (*call).listTokens},
		{method: "POST", path: "/v1/tokens", noun: "token", permit: mayAdmin, action: "token.create", limit: MaxBody, query: dryQuery, handle: (*call).createToken},
		{method: "DELETE", path: "/v1/tokens/:key", noun: "token", permit: mayAdmin, action: "token.revoke", limit: MaxBody, query: "reason dry_run", handle: (*call).revokeToken},
		{method: "POST", path: "/v1/sessions", noun: "session", limit: MaxSignInBody, handle: (*call).createSession},
		{method: "POST", path: "/v1/sessions/secrets", noun: "session", permit: mayRead, env: anyEnvironment, handle: (*call).createSignIn},
		{method: "GET", path: "/v1/logins", noun: "login", handle: (*call).getLoginPage},
		{method: "POST", path: "/v1/logins", noun: "login", permit: mayRead, env: anyEnvironment, limit: MaxSignInBody, handle: (*call).createLogin},
		{method: "POST", path: "/v1/logins/token", noun: "login", limit: MaxSignInBody, handle: (*call).redeemLogin},
		{method: "GET", path: "/v1/session", noun: "session", permit: mayRead, env: anyEnvironment, handle: (*call).getSession},
		{method: "DELETE", path: "/v1/session", noun: "session", permit: mayRead, env: anyEnvironment, handle: (*call).deleteSession},
		{method: "GET", path: "/v1/webhooks", noun: "webhook", permit: mayAdmin, handle: (*call).listWebhooks},
		{method: "POST", path: "/v1/webhooks", noun: "webhook", permit: mayAdmin, action: "webhook.create", limit: MaxBody, query: dryQuery, handle: (*call).createWebhook},
		{method: "DELETE", path: "/v1/webhooks/:key", noun: "webhook", permit: mayAdmin, action: "webhook.delete", limit: MaxBody, query: "reason dry_run", handle: (*call).deleteWebhook},
		{method: "POST", path: "/v1/webhooks/:key/test", noun: "webhook", permit: mayAdmin, limit: MaxBody, handle: (*call).testWebhook},
		{method: "GET", path: "/v1/status", permit: mayRead, env: anyEnvironment, handle: (*call).getStatus},
		{method: "GET", path: "/v1/backup", permit: mayAdmin, handle: (*call).backup},
		{method: "POST", path: "/v1/reload", permit: mayAdmin, query: dryQuery, handle: (*call).reload},

		{method: "POST", path: "/ofrep/v1/evaluate/flags/:key", permit: mayEvaluate, env: tokenEnvironment, limit: MaxContextBody, query: "*", handle: (*call).evaluateOne},
		{method: "POST", path: "/ofrep/v1/evaluate/flags", permit: mayEvaluate, env: tokenEnvironment, limit: MaxContextBody, query: "*", handle: (*call).evaluateAll},
		{method: "GET", path: "/ofrep/v1/events", query: "*", endless: true, handle: (*call).events},

		{method: "GET", path: "/openfeature/v0/manifest", permit: mayRead, env: tokenEnvironment, handle: (*call).manifest},
		{method: "POST", path: "/openfeature/v0/manifest/flags", noun: "flag", permit: mayWrite, env: tokenEnvironment, action: "flag.put", limit: MaxFlagBody, query: dryQuery, handle: (*call).createManifestFlag},
		{method: "PUT", path: "/openfeature/v0/manifest/flags/:key", noun: "flag", permit: mayWrite, env: tokenEnvironment, action: "flag.put", limit: MaxFlagBody, query: dryQuery, handle: (*call).updateManifestFlag},
		{method: "DELETE", path: "/openfeature/v0/manifest/flags/:key", noun: "flag", permit: mayWrite, env: tokenEnvironment, action: "flag.delete", limit: MaxBody, query: "reason dry_run", handle: (*call).deleteManifestFlag},

		{method: "GET", path: "/healthz", query: "*", handle: (*call).healthz},
		{method: "GET", path: "/readyz", query: "*", handle: (*call).readyz},
		{method: "GET", path: "/metrics", query: "*", handle: (*call).scrape},
		{method: "GET", path: "/openapi.json", query: "*", handle: (*call).openapi},
		{method: "GET", path: "/schema.json", query: "*", handle: (*call).schema},
		{method: "GET", path: "/engine.wasm", query: "*", handle: (*call).engine},
		{method: "GET", path: "/problems/:name", query: "*", handle: (*call).describeProblem},
	}
}

// changes reports whether the route changes something, or makes the server act.
func (r *route) changes() bool {
	return r.method != http.MethodGet && r.permit != mayRead && r.permit != mayEvaluate
}

// Owns reports whether an address belongs to the API, whether or not a route serves it: it begins like one of its routes.
// Everything else is left to a program that the API is mounted in, such as the dashboard's.
func Owns(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return roots[first]
}

// roots are the first segments of the routes.
var roots = func() map[string]bool {
	all := map[string]bool{}
	for _, r := range routes() {
		first, _, _ := strings.Cut(strings.TrimPrefix(r.path, "/"), "/")
		all[first] = true
	}
	return all
}()

// frequent reports whether hosts, browsers and monitors call the route all the time.
func (r *route) frequent() bool {
	return r.permit == "" && r.method == http.MethodGet || r.permit == mayEvaluate || r.permit == mayFetch || r.permit == mayReport
}

// factor returns how many times its size a body takes when it is parsed. OFREP's is read in place.
func (r *route) factor() int64 {
	switch {
	case r.permit == mayEvaluate:
		return 1
	case r.limit == MaxImportBody:
		return importFactor
	case r.limit == MaxFlagBody:
		return flagFactor
	}
	return jsonFactor
}

// isOFREP reports whether a path belongs to OpenFeature's remote evaluation protocol, which has its own form of errors.
func isOFREP(path string) bool { return strings.HasPrefix(path, "/ofrep/") }
