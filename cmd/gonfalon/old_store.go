package main

import (
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/migrate"
	"github.com/gonfalon-flags/gonfalon/migrate/elixir"
	"github.com/gonfalon-flags/gonfalon/migrate/reference"
)

// oldStore says where a library keeps its flags.
type oldStore struct {
	from, fromEnv, table, prefix string
}

func (s *oldStore) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&s.from, "from", "", "the store's address: "+elixir.Addresses)
	f.StringVar(&s.fromEnv, "from-env", "", "the environment variable that has the address, so that no list of processes shows its password")
	f.StringVar(&s.table, "table", "", "the table, such as bandera_flags or app.toggles (default: the library's)")
	f.StringVar(&s.prefix, "prefix", "", "what stands before every key in Redis (default: nothing)")
}

// source opens the store.
func (s *oldStore) source(c *cobra.Command, library reference.Library, timeout time.Duration) (migrate.Source, error) {
	address := s.from
	switch {
	case s.from != "" && s.fromEnv != "":
		return nil, usagef("--from and --from-env: which is meant?")
	case s.fromEnv != "":
		if address = os.Getenv(s.fromEnv); address == "" {
			return nil, usagef("--from-env: the environment has no %s", s.fromEnv)
		}
	case s.from == "":
		return nil, usagef("--from is missing: %s", elixir.Addresses)
	case elixir.HasPassword(s.from):
		_ = say(c.ErrOrStderr(), "warning: a list of processes shows the password of --from; --from-env NAME keeps it out\n") // the answer is more important
	}
	source, err := elixir.Open(library, address, elixir.Options{Timeout: timeout, Table: s.table, Prefix: s.prefix})
	if err != nil {
		return nil, usageError{err}
	}
	return source, nil
}
