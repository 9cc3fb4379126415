package dashboard_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/dashboard"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
)

// A program serves the dashboard and the API below a path of its own.
func Example() {
	service, err := controlplane.Open(context.Background(), controlplane.Config{Store: memstore.New()})
	if err != nil {
		panic(err)
	}
	defer service.Close()
	api := httpapi.New(service, httpapi.Config{DashboardPath: "/"})
	defer api.Drain()
	mux := http.NewServeMux()
	mux.Handle("/flags/", http.StripPrefix("/flags", dashboard.New(api)))

	for _, address := range []string{"/flags/", "/flags/v1/session"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
		fmt.Println(address, w.Code, w.Header().Get("Content-Type"))
	}
	// Output:
	// /flags/ 200 text/html; charset=utf-8
	// /flags/v1/session 401 application/problem+json
}
