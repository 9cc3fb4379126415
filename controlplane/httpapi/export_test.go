package httpapi

import (
	"strings"

	"golang.org/x/sync/semaphore"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// Room sets how much memory bodies may take.
func (a *API) Room(arriving, parsing int64) {
	a.memory = &memory{arriving: semaphore.NewWeighted(arriving), parsing: semaphore.NewWeighted(parsing)}
}

// StatusMetrics returns the names of the metrics about the service's status.
func StatusMetrics() (names []string) {
	for _, d := range allStatusDescs {
		_, name, _ := strings.Cut(d.String(), `"`)
		name, _, _ = strings.Cut(name, `"`)
		names = append(names, name)
	}
	return names
}

// Arrived returns how much of that arriving bodies have taken.
func (a *API) Arrived() int64 { return a.memory.arrived.Load() }

// Route is a route, for tests.
type Route struct {
	Method, Path string
	Permit       api.Permission
	Environment  string // where the token must have the permission
	Action       string
	Limit        int64
	Query        string
}

// Routes returns all routes.
func Routes() []Route {
	var list []Route
	for _, r := range routes() {
		list = append(list, Route{r.method, r.path, r.permit, [...]string{"none", "path", "any", "token"}[r.env], r.action, r.limit, r.query})
	}
	return list
}
