package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

func newHosts() *cobra.Command {
	n := new(connection)
	var (
		o    output
		late bool
	)
	c := &cobra.Command{
		Use:   "hosts",
		Short: "List the hosts that tell which revision they serve",
		Long: `Hosts lists the programs that follow or poll an environment and tell which revision they serve, of all replicas.
After a change, it shows who serves it already. Programs with an SDK of an older version don't tell, and aren't listed.`,
		Example: "  gonfalon hosts --env production --late",
		Args:    cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			list, err := client.Hosts(ctx, n.env)
			if err != nil {
				return err
			}
			if late {
				list.Hosts = lateOf(list.Hosts)
			}
			return o.print(c, hostsNoun(n.env, list))
		}),
	}
	n.register(c)
	n.inEnvironment(c)
	o.register(c)
	c.Flags().BoolVar(&late, "late", false, "only hosts that don't serve the newest revision")
	return c
}

func lateOf(hosts []api.Host) []api.Host {
	late := []api.Host{}
	for _, h := range hosts {
		if !h.Current {
			late = append(late, h)
		}
	}
	return late
}

// serveCount returns "2 of 3 hosts".
func serveCount(n api.HostCount) string {
	return thousands(n.Current) + " of " + count(n.Total, "host")
}

// serveOf begins a sentence about what hosts serve.
func serveOf(n api.HostCount) string {
	text := serveCount(n) + " serve"
	if n.Total == 1 {
		text += "s"
	}
	return text
}

// hostsNoun returns what is printed of hosts.
func hostsNoun(env string, list api.HostList) noun {
	n := noun{
		env: env, document: list, narrow: 6, header: []string{"ID", "SDK", "VERSION", "REVISION", "VIA", "LAST SEEN", "ADDRESS"},
		summary: fmt.Sprintf("%s revision %d of %s", serveOf(list.HostCount), list.Revision, env),
	}
	for _, h := range list.Hosts {
		n.names = append(n.names, h.ID)
		n.rows = append(n.rows, []string{h.ID, h.SDK, h.Version, strconv.FormatInt(h.Revision, 10), h.Via, when(h.LastSeen), h.Address})
	}
	return n
}
