package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

// statusPause is the time between two looks of a verb that waits.
const statusPause = time.Second

// statusDocument is what the verb prints as JSON and YAML: what the server says, and the hosts.
type statusDocument struct {
	OK bool `json:"ok"` // the exit status is 0
	api.Status
	Hosts []environmentHost `json:"hosts"`
	Skew  []string          `json:"version_skew"` // sentences
}

// environmentHost is a host and its environment.
type environmentHost struct {
	Environment string `json:"environment"`
	api.Host
}

func newStatus() *cobra.Command {
	var (
		n      = new(connection)
		o      output
		waits  bool
		within time.Duration
	)
	c := &cobra.Command{
		Use:   "status",
		Short: "Show how replicas, the store, environments and hosts are",
		Long: `Status shows the replicas that are there, the members of their store and how full it is, the environments, the
hosts that don't serve the newest revision (all of them with -o wide), and where versions differ.

The exit status is 1 if something doesn't work or a host is behind. With --wait it waits until every host serves the
newest revision, for as long as --within says.`,
		Example: "  gonfalon status\n" +
			"  gonfalon status --env production --wait --within 2m",
		Args: cobra.NoArgs,
		RunE: n.asking(func(ctx context.Context, c *cobra.Command, client *apiclient.Client, _ []string) error {
			if within <= 0 || c.Flags().Changed("within") && !waits {
				return usagef("--within: it is how long --wait waits, such as 2m")
			}
			if n.env != "" {
				if _, err := client.Environment(ctx, n.env); err != nil {
					return err
				}
			}
			if waits {
				if err := n.awaitHosts(ctx, c, client, within); err != nil {
					return err
				}
			}
			d, err := n.askStatus(ctx, client)
			if err != nil {
				return err
			}
			if err := o.print(c, statusNoun(client.Endpoint, d, o.form == "wide")); err != nil {
				return err
			}
			if !d.OK {
				return errReported
			}
			return nil
		}),
	}
	n.register(c)
	c.Flags().StringVar(&n.env, "env", "", "only this environment (default: all)")
	annotate(c.Flag("env"), isSetting, "")
	o.register(c)
	c.Flags().BoolVar(&waits, "wait", false, "wait until every host serves the newest revision")
	c.Flags().DurationVar(&within, "within", 5*time.Minute, "how long to wait")
	return c
}

// askStatus asks how the control plane is, and for the hosts of one environment or of all.
func (n *connection) askStatus(ctx context.Context, client *apiclient.Client) (d statusDocument, err error) {
	d.Hosts = []environmentHost{}
	if d.Status, err = client.Status(ctx); err != nil {
		return d, err
	}
	d.Environments = n.only(d.Environments)
	d.OK = len(d.Degraded) == 0 && d.Store.Synced && !slices.ContainsFunc(d.Store.Members, func(m api.StoreMember) bool { return m.Problem != "" })
	for i := range d.Environments {
		e := &d.Environments[i]
		list, err := client.Hosts(ctx, e.Key)
		if err != nil {
			return d, err
		}
		e.Hosts, e.Revision = list.HostCount, list.Revision // of the same moment
		for _, h := range list.Hosts {
			d.Hosts = append(d.Hosts, environmentHost{e.Key, h})
			d.OK = d.OK && h.Current
		}
	}
	d.Skew = skew(d)
	return d, nil
}

// skew says where versions differ.
func skew(d statusDocument) []string {
	lines := []string{}
	replicas, hosts := map[string]int{}, map[string]int{}
	for _, r := range d.Replicas {
		replicas[cmp.Or(r.Version, "unknown")]++
	}
	if len(replicas) > 1 {
		lines = append(lines, "replicas run different versions: "+tally(replicas))
	}
	if len(replicas) > 0 && replicas[version] == 0 {
		lines = append(lines, "this gonfalon is "+version+", and the server "+strings.Join(sortedKeys(replicas), ", "))
	}
	for _, h := range d.Hosts {
		if h.Version != "" && replicas[h.Version] == 0 {
			hosts[h.SDK+" "+h.Version]++
		}
	}
	if len(hosts) > 0 {
		lines = append(lines, "hosts have an SDK of another version than the server: "+tally(hosts))
	}
	return lines
}

func tally(of map[string]int) string {
	var parts []string
	for _, name := range sortedKeys(of) {
		parts = append(parts, fmt.Sprintf("%s (%s)", name, thousands(of[name])))
	}
	return strings.Join(parts, ", ")
}

// countOf adds up the hosts of environments.
func countOf(environments []api.EnvironmentStatus) (n api.HostCount) {
	for _, e := range environments {
		n.Total, n.Current = n.Total+e.Hosts.Total, n.Current+e.Hosts.Current
	}
	return n
}

// awaitHosts looks again and again until no host is behind. On a terminal it shows how many are. A server that is away meanwhile,
// as in a deployment, is waited for, too.
func (n *connection) awaitHosts(ctx context.Context, c *cobra.Command, client *apiclient.Client, within time.Duration) error {
	deadline := time.Now().Add(within)
	p := newProgress(c)
	defer p.clear()
	for {
		s, err := client.Status(ctx)
		hosts := countOf(n.only(s.Environments))
		switch {
		case err != nil && (!comesBack(err) || time.Now().After(deadline)):
			return err
		case err != nil:
			p.show("%s is away", client.Endpoint)
		case hosts.Current == hosts.Total || time.Now().After(deadline):
			return nil
		default:
			p.show("%s the newest revision; waiting for %s", serveOf(hosts), thousands(hosts.Total-hosts.Current))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(statusPause):
		}
	}
}

// only returns the environment that the verb is about, or all of them.
func (n *connection) only(all []api.EnvironmentStatus) []api.EnvironmentStatus {
	return slices.DeleteFunc(all, func(e api.EnvironmentStatus) bool { return n.env != "" && e.Key != n.env })
}

// statusNoun returns what is printed of a status: a row for each thing.
func statusNoun(endpoint string, d statusDocument, everyHost bool) noun {
	n := noun{document: d, header: []string{"WHAT", "NAME", "VERSION", "REVISION", "STATE"}}
	add := func(what, name, version, revision, state string) {
		n.names = append(n.names, what+" "+name)
		n.rows = append(n.rows, []string{what, name, version, revision, state})
	}
	for _, r := range d.Replicas {
		state := "since " + when(r.Started)
		if r.Name == d.Replica {
			state += ", answers"
		}
		add("replica", r.Name, r.Version, "", state)
	}
	at := strconv.FormatInt(d.Store.Revision, 10)
	full := humanize.IBytes(uint64(d.Store.Used))
	if d.Store.Quota > 0 {
		full += fmt.Sprintf(" of %s (%d%%)", humanize.IBytes(uint64(d.Store.Quota)), d.Store.Used*100/d.Store.Quota)
	}
	state := "synced"
	if !d.Store.Synced {
		state = fmt.Sprintf("silent for %s", time.Duration(d.Store.Lag*float64(time.Second)).Round(time.Second))
	}
	add("store", "", "", at, state+", "+full)
	for i, m := range d.Store.Members {
		state := cmp.Or(m.Problem, "ok")
		if m.Leader {
			state += ", leads"
		}
		add("member", cmp.Or(m.Address, strconv.Itoa(i+1)), m.Version, "", state)
	}
	for _, e := range d.Environments {
		state := serveCount(e.Hosts) + " current, " + count(e.Flags, "flag")
		if e.Unreadable > 0 {
			state += ", " + thousands(e.Unreadable) + " can't be read"
		}
		add("environment", e.Key, "", strconv.FormatInt(e.Revision, 10), state)
	}
	const most = 20 // rows of hosts, unless all are asked for
	left := 0
	for _, h := range d.Hosts {
		if h.Current && !everyHost {
			continue
		}
		if left++; left > most && !everyHost {
			continue
		}
		state := "current"
		if !h.Current {
			state = "behind"
		}
		add("host", h.Environment+"/"+h.ID, strings.TrimSpace(h.SDK+" "+h.Version), strconv.FormatInt(h.Revision, 10), state+", seen "+when(h.LastSeen))
	}
	if left > most && !everyHost {
		add("host", "…", "", "", thousands(left-most)+" more are behind: -o wide")
	}
	hosts := countOf(d.Environments)
	switch {
	case d.OK:
		n.summary = endpoint + " is well"
	case hosts.Current < hosts.Total:
		n.summary = endpoint + ": " + count(hosts.Total-hosts.Current, "host") + " behind"
	default:
		n.summary = endpoint + " is not well"
	}
	for _, g := range d.Degraded {
		n.remarks = append(n.remarks, g.Detail)
	}
	n.remarks = append(n.remarks, d.Skew...)
	return n
}
