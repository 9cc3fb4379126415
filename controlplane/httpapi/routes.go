package httpapi

import (
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane"
)

// route is what the API does for one method and path.
type route struct {
	method, path string
	permit       controlplane.Permission // the permission that the token needs; "" if no token is needed
	scope        scope                   // the environment in which it needs it
	action       string                  // the audit's name for the change; "" if nothing is changed
	limit        int64                   // of the body, in bytes
	query        string                  // the query parameters; "*" for any
	handle       func(*call) error
}

const (
	mayAdmin    = controlplane.PermitAdmin
	mayWrite    = controlplane.PermitWrite
	mayRead     = controlplane.PermitRead
	mayFetch    = controlplane.PermitSnapshot
	mayReport   = controlplane.PermitUsage
	mayEvaluate = controlplane.PermitEvaluate
)

// routes is the whole API.
func routes() []route {
	const (
		envs  = "/v1/envs"
		env   = "/v1/envs/:env"
		flags = "/v1/envs/:env/flags"
		flag  = "/v1/envs/:env/flags/:key"
		seg   = "/v1/envs/:env/segments/:key"
		audit = "env flag segment actor action since until cursor limit"
		page  = "actor action since until cursor limit"
		dry   = "dry_run"
	)
	return []route{
		{"GET", envs, mayRead, some, "", 0, "", (*call).listEnvironments},
		{"POST", envs, mayAdmin, none, "environment.create", MaxBody, dry, (*call).createEnvironment},
		{"GET", env, mayRead, named, "", 0, "", (*call).getEnvironment},
		{"PATCH", env, mayAdmin, named, "environment.update", MaxBody, dry, (*call).updateEnvironment},
		{"DELETE", env, mayAdmin, named, "environment.delete", MaxBody, "confirm reason dry_run", (*call).deleteEnvironment},
		{"POST", env + "/copy", mayWrite, named, "copy", MaxBody, dry, (*call).copyEnvironment},
		{"POST", env + "/rollback", mayWrite, named, "environment.rollback", MaxBody, dry, (*call).rollbackEnvironment},
		{"GET", env + "/export", mayRead, named, "", 0, "revision time", (*call).exportEnvironment},
		{"POST", env + "/import", mayWrite, named, "import", MaxImportBody, "prune strict reason dry_run", (*call).importEnvironment},

		{"GET", flags, mayRead, named, "", 0, "search tag prefix owner state stale sort cursor limit", (*call).listFlags},
		{"GET", flag, mayRead, named, "", 0, "", (*call).getFlag},
		{"PUT", flag, mayWrite, named, "flag.put", MaxFlagBody, dry, (*call).putFlag},
		{"DELETE", flag, mayWrite, named, "flag.delete", MaxBody, "reason dry_run", (*call).deleteFlag},
		{"POST", flag + "/enable", mayWrite, named, "flag.enable", MaxBody, dry, (*call).enable},
		{"POST", flag + "/disable", mayWrite, named, "flag.disable", MaxBody, dry, (*call).disable},
		{"POST", flag + "/clear", mayWrite, named, "flag.clear", MaxBody, dry, (*call).clear},
		{"POST", flag + "/variants", mayWrite, named, "flag.variants", MaxFlagBody, dry, (*call).putVariants},
		{"POST", flag + "/kill", mayWrite, named, "flag.kill", MaxBody, dry, (*call).kill},
		{"POST", flag + "/revive", mayWrite, named, "flag.revive", MaxBody, dry, (*call).revive},
		{"POST", flag + "/rollback", mayWrite, named, "flag.rollback", MaxBody, dry, (*call).rollback},
		{"GET", flag + "/history", mayRead, named, "", 0, page, (*call).history},
		{"POST", flag + "/evaluate", mayRead, named, "", MaxBody, "", (*call).evaluate},
		{"POST", flag + "/explain", mayRead, named, "", MaxBody, "", (*call).explain},
		{"POST", env + "/preview", mayRead, named, "", MaxFlagBody, "", (*call).preview},

		{"GET", env + "/segments", mayRead, named, "", 0, "", (*call).listSegments},
		{"GET", seg, mayRead, named, "", 0, "", (*call).getSegment},
		{"PUT", seg, mayWrite, named, "segment.put", MaxFlagBody, dry, (*call).putSegment},
		{"DELETE", seg, mayWrite, named, "segment.delete", MaxBody, "reason dry_run", (*call).deleteSegment},

		{"GET", env + "/snapshot", mayFetch, named, "", 0, "formats", (*call).getSnapshot},
		{"GET", env + "/stream", mayFetch, named, "", 0, "formats", (*call).getStream},
		{"POST", env + "/usage", mayReport, named, "", MaxBody, "", (*call).postUsage},

		{"GET", env + "/audit/:revision", mayRead, named, "", 0, "", (*call).auditEntry},
		{"GET", "/v1/audit", mayRead, some, "", 0, audit, (*call).audit},
		{"GET", "/v1/audit/failures", mayRead, some, "", 0, audit, (*call).failures},
		{"GET", "/v1/tokens", mayAdmin, none, "", 0, "", (*call).listTokens},
		{"POST", "/v1/tokens", mayAdmin, none, "token.create", MaxBody, dry, (*call).createToken},
		{"DELETE", "/v1/tokens/:key", mayAdmin, none, "token.revoke", MaxBody, "reason dry_run", (*call).revokeToken},
		{"GET", "/v1/webhooks", mayAdmin, none, "", 0, "", (*call).listWebhooks},
		{"POST", "/v1/webhooks", mayAdmin, none, "webhook.create", MaxBody, dry, (*call).createWebhook},
		{"DELETE", "/v1/webhooks/:key", mayAdmin, none, "webhook.delete", MaxBody, "reason dry_run", (*call).deleteWebhook},
		{"POST", "/v1/webhooks/:key/test", mayAdmin, none, "", MaxBody, "", (*call).testWebhook},
		{"GET", "/v1/backup", mayAdmin, none, "", 0, "", (*call).backup},

		{"POST", "/ofrep/v1/evaluate/flags/:key", mayEvaluate, asked, "", MaxContextBody, "*", (*call).evaluateOne},
		{"POST", "/ofrep/v1/evaluate/flags", mayEvaluate, asked, "", MaxContextBody, "*", (*call).evaluateAll},
		{"GET", "/ofrep/v1/events", "", none, "", 0, "*", (*call).events},

		{"GET", "/openfeature/v0/manifest", mayRead, asked, "", 0, "", (*call).manifest},

		{"GET", "/healthz", "", none, "", 0, "*", (*call).healthz},
		{"GET", "/readyz", "", none, "", 0, "*", (*call).readyz},
		{"GET", "/metrics", "", none, "", 0, "*", (*call).scrape},
		{"GET", "/openapi.json", "", none, "", 0, "*", (*call).openapi},
		{"GET", "/problems/:name", "", none, "", 0, "*", (*call).describeProblem},
	}
}

// frequent reports whether hosts, browsers and monitors call the route all the time.
func (r *route) frequent() bool {
	return r.permit == "" || r.permit == mayEvaluate || r.permit == mayFetch || r.permit == mayReport
}

// noun returns the kind of the route's body, for problems.
func (r *route) noun() string {
	switch {
	case strings.HasSuffix(r.path, "/import"):
		return "document"
	case strings.Contains(r.path, "/segments"):
		return "segment"
	case strings.HasSuffix(r.path, "/evaluate"), strings.HasSuffix(r.path, "/explain"), strings.HasSuffix(r.path, "/preview"), strings.HasSuffix(r.path, "/usage"):
		return "request"
	case strings.Contains(r.path, "/flags"):
		return "flag"
	case strings.HasPrefix(r.path, "/v1/envs"):
		return "environment"
	case strings.HasPrefix(r.path, "/v1/tokens"):
		return "token"
	case strings.HasPrefix(r.path, "/v1/webhooks"):
		return "webhook"
	}
	return "request"
}

// isOFREP reports whether a path belongs to OpenFeature's remote evaluation protocol, which has its own form of errors.
func isOFREP(path string) bool { return strings.HasPrefix(path, "/ofrep/") }

// streams reports whether the route's responses never end by themselves.
func (r *route) streams() bool {
	return strings.HasSuffix(r.path, "/stream") || strings.HasSuffix(r.path, "/events")
}
