package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/etcdstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/memstore"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
)

// storage says where a control plane keeps its state: in an etcd of its own, in a cluster, or in memory.
type storage struct {
	dir                string
	inMemory           bool
	quota              int64
	endpoints          []string
	prefix             string
	username, password string
	ca, cert, key      string
}

func (s *storage) register(c *cobra.Command) {
	own := pflag.NewFlagSet("storage", pflag.ContinueOnError)
	own.StringVar(&s.dir, "data-dir", "./data", "the directory of the embedded etcd")
	own.Int64Var(&s.quota, "etcd-quota", etcdstore.DefaultQuota, "maximum size of the embedded etcd, in bytes")
	own.StringSliceVar(&s.endpoints, "etcd-endpoints", nil, "use the etcd cluster at these URLs instead, separated by commas")
	own.StringVar(&s.prefix, "etcd-prefix", etcdstore.DefaultPrefix, "prefix of all keys in the cluster, so that several systems can share it")
	own.StringVar(&s.username, "etcd-username", "", "the user in the cluster")
	own.StringVar(&s.password, "etcd-password", "", "the password of --etcd-username; better given as GONFALON_ETCD_PASSWORD")
	own.StringVar(&s.ca, "etcd-ca", "", "trust the certificates in this file for the cluster, instead of the system's")
	own.StringVar(&s.cert, "etcd-cert", "", "the certificate to show the cluster (mutual TLS)")
	own.StringVar(&s.key, "etcd-key", "", "the key of --etcd-cert")
	settings(own)
	annotate(own.Lookup("etcd-password"), isSecret, "")
	c.Flags().AddFlagSet(own)
}

// named says whether the command line names a store, so that a verb works on that and not on a server.
func (s *storage) named(c *cobra.Command) bool {
	return c.Flags().Changed("data-dir") || c.Flags().Changed("etcd-endpoints")
}

// String is where the state is, for people.
func (s *storage) String() string {
	switch {
	case s.inMemory:
		return "memory, gone when this ends"
	case len(s.endpoints) > 0:
		return "etcd at " + strings.Join(s.endpoints, ", ")
	}
	return "embedded etcd in " + s.dir
}

// options are those with which another verb finds the store, as a shell reads them. In a cluster it may need others besides.
func (s *storage) options() string {
	if len(s.endpoints) == 0 {
		return "--data-dir " + shellWord(s.dir)
	}
	options := "--etcd-endpoints " + shellWord(strings.Join(s.endpoints, ","))
	if s.prefix != etcdstore.DefaultPrefix {
		options += " --etcd-prefix " + shellWord(s.prefix)
	}
	return options
}

// plainWord is a word that every shell takes as it is.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:,=@%+-]+$`)

// shellWord quotes a text so that a shell takes it as one word.
func shellWord(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func (s *storage) open(ctx context.Context, log *slog.Logger) (store.Store, error) {
	switch {
	case s.inMemory:
		return memstore.New(), nil
	case len(s.endpoints) > 0:
		security, err := clientTLS(s.ca, s.cert, s.key)
		if err != nil {
			return nil, fmt.Errorf("--etcd-ca, --etcd-cert and --etcd-key: %w", err)
		}
		return etcdstore.Dial(ctx, etcdstore.Cluster{
			Endpoints: s.endpoints, TLS: security, Username: s.username, Password: s.password, Prefix: s.prefix, Logger: log,
		})
	}
	store, err := etcdstore.OpenEmbedded(ctx, etcdstore.Embedded{Dir: s.dir, Logger: log, Quota: s.quota})
	if errors.Is(err, etcdstore.ErrInUse) {
		return nil, fmt.Errorf("%w: is gonfalon serve running on it?", err)
	}
	return store, err
}

// openExisting opens a store for a verb that works without a server, and never makes a new one.
func (s *storage) openExisting(ctx context.Context, log *slog.Logger) (store.Store, error) {
	if len(s.endpoints) == 0 {
		if _, err := os.Stat(filepath.Join(s.dir, "etcd")); err != nil {
			return nil, fmt.Errorf("%s is not a data directory of gonfalon serve: %w", s.dir, err)
		}
	}
	return s.open(ctx, log)
}

// offline opens the control plane on an existing store, for one verb.
func (s *storage) offline(c *cobra.Command, do func(context.Context, *controlplane.Service) error) (err error) {
	ctx := c.Context()
	log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	store, err := s.openExisting(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	service, err := controlplane.Open(ctx, controlplane.Config{Store: store, Logger: log, KeepAdminToken: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.Close()) }()
	return do(ctx, service)
}
