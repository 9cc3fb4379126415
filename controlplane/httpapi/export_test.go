package httpapi

import "github.com/gonfalon-flags/gonfalon/controlplane"

// Route is a route, for tests.
type Route struct {
	Method, Path string
	Permit       controlplane.Permission
	Scope        string
	Action       string
	Limit        int64
	Query        string
}

// Routes are all of them.
func Routes() []Route {
	var list []Route
	for _, r := range routes() {
		list = append(list, Route{r.method, r.path, r.permit, [...]string{"none", "named", "some", "asked"}[r.scope], r.action, r.limit, r.query})
	}
	return list
}
