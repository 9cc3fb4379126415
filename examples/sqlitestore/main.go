package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

func main() {
	file := flag.String("file", "flags.db", "the SQLite file")
	listen := flag.String("listen", "127.0.0.1:8080", "where to serve")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := serve(ctx, *file, *listen, os.Getenv("ADMIN_TOKEN"), func(address string) { fmt.Println("serving", *file, "at", address) }); err != nil {
		log.Fatal(err)
	}
}

// serve serves the API over a file until the context ends. It tells its address once it listens.
func serve(ctx context.Context, file, listen, token string, tell func(address string)) error {
	if token == "" {
		return errors.New("ADMIN_TOKEN is empty: make up a token of 16 characters or more")
	}
	kept, err := Open(ctx, file)
	if err != nil {
		return err
	}
	defer func() { _ = kept.Close() }()
	service, err := controlplane.Open(ctx, controlplane.Config{Store: kept, AdminToken: token})
	if err != nil {
		return err
	}
	defer func() { _ = service.Close() }()
	flags := httpapi.New(service, httpapi.Config{})
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: flags, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	tell("http://" + listener.Addr().String())
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	flags.Drain() // which ends streams
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
