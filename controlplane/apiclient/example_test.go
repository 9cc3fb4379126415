package apiclient_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http/httptest"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func Example() {
	// A control plane to call: in earnest, gonfalon serve.
	ctx, quiet, token := context.Background(), slog.New(slog.DiscardHandler), "admin-token-of-the-example"
	store := memstore.New()
	defer store.Close()
	service, err := controlplane.Open(ctx, controlplane.Config{Store: store, Logger: quiet, AdminToken: token})
	if err != nil {
		log.Fatal(err)
	}
	defer service.Close()
	server := httptest.NewServer(httpapi.New(service, httpapi.Config{Logger: quiet}))
	defer server.Close()

	client := apiclient.New(server.URL, token)
	flag, err := client.Enable(ctx, "default", "new_checkout", flagset.ForGroup("staff"), apiclient.WriteOptions{Reason: "first wave"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(flag.Key, flag.State)

	// Nobody may have changed it since: another version is refused.
	_, err = client.Kill(ctx, "default", "new_checkout", nil, apiclient.WriteOptions{IfMatch: "an older version"})
	var refused *apiclient.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.Status, refused.Title)
	}
	// Output:
	// new_checkout partial
	// 412 It was changed in the meantime
}
