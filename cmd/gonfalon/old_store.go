package main

import (
	"context"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
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

// open opens the store.
func (s *oldStore) open(c *cobra.Command, library reference.Library, timeout time.Duration) (migrate.Source, error) {
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

// movedReason is the reason of a change that carries something from a source. It says from where, and under which
// other names, since following the source goes on from there.
func movedReason(reason, source string, renames map[string]string) string {
	from := "import from " + source
	if len(renames) > 0 {
		names, _ := json.Marshal(renames) // texts can always be encoded
		from += renamedMark + string(names)
	}
	if reason == "" {
		return from
	}
	return reason + " (" + from + ")"
}

const renamedMark = ", renamed "

// readRenames returns the other names in such a reason.
func readRenames(reason string) map[string]string {
	var names map[string]string
	if i := strings.LastIndex(reason, renamedMark+"{"); i >= 0 {
		_ = json.NewDecoder(strings.NewReader(reason[i+len(renamedMark):])).Decode(&names) // what isn't JSON is somebody's text
	}
	return names
}

// everything returns what an environment has, as of a revision; 0 for now.
func (n *connection) everything(ctx context.Context, client *apiclient.Client, revision int64) (*flagset.Set, error) {
	text, err := client.Export(ctx, n.env, api.At{Revision: revision})
	if err != nil {
		return nil, err
	}
	return exported(text, n.env)
}

// exported reads what a control plane has, whole: what a verb doesn't know of it would be written away, or count as the same. A
// flag may be malformed since it was imported.
func exported(text []byte, env string) (*flagset.Set, error) {
	d := flagset.ReadDocument(text)
	if len(d.Unread) > 0 {
		return nil, troublef("what %s has can't be read: %s; is this build older than the server?", env, d.Unread[0])
	}
	return &d.Set, nil
}

// wholeVersion returns the version of an environment with everything in it. That of its document is about its settings.
func wholeVersion(e api.Environment) string {
	return e.Lineage[:min(8, len(e.Lineage))] + "-" + strconv.FormatInt(e.Revision, 10)
}
