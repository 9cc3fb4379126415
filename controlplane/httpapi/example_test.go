package httpapi_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// The API beside others, on a server of your own.
func ExampleNew() {
	ctx, quiet := context.Background(), slog.New(slog.DiscardHandler)
	store := memstore.New()
	defer store.Close()
	service, err := controlplane.Open(ctx, controlplane.Config{Store: store, Logger: quiet, AdminToken: "admin-token-of-the-example"})
	if err != nil {
		log.Fatal(err)
	}
	defer service.Close()
	if _, err := service.Enable(ctx, "default", "new_checkout", flagset.Scope{}, controlplane.WriteOptions{By: "ada"}); err != nil {
		log.Fatal(err)
	}

	flags := httpapi.New(service, httpapi.Config{Logger: quiet})
	defer flags.Drain()
	mux := http.NewServeMux()
	mux.Handle("/flags/", http.StripPrefix("/flags", flags))
	server := httptest.NewServer(mux)
	defer server.Close()

	request, err := http.NewRequestWithContext(ctx, "POST", server.URL+"/flags/ofrep/v1/evaluate/flags/new_checkout", strings.NewReader(`{"context": {"targetingKey": "user:3"}}`))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer admin-token-of-the-example")
	answer, err := server.Client().Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	fmt.Println(answer.StatusCode, string(body))
	// Output: 200 {"key":"new_checkout","value":true,"variant":"on","reason":"STATIC","metadata":{"enabled":true,"gate":"boolean"}}
}
