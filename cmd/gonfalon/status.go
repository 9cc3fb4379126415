package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

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
			d, err := askStatus(ctx, client, n.env)
			if err == nil && waits {
				d, err = n.awaitHosts(ctx, c, client, d, within)
			}
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
func askStatus(ctx context.Context, client *apiclient.Client, env string) (d statusDocument, err error) {
	d.Hosts = []environmentHost{}
	if d.Status, err = client.Status(ctx); err != nil {
		return d, err
	}
	if env != "" {
		d.Environments = slices.DeleteFunc(d.Environments, func(e api.EnvironmentStatus) bool { return e.Key != env })
	}
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

// behind counts the hosts that don't serve the newest revision.
func behind(d statusDocument) (late, all int) {
	for _, e := range d.Environments {
		late, all = late+e.Hosts.Total-e.Hosts.Current, all+e.Hosts.Total
	}
	return late, all
}

// awaitHosts looks again and again until no host is behind. On a terminal it shows how many are.
func (n *connection) awaitHosts(ctx context.Context, c *cobra.Command, client *apiclient.Client, d statusDocument, within time.Duration) (statusDocument, error) {
	deadline := time.Now().Add(within)
	p := newProgress(c)
	defer p.clear()
	for {
		late, all := behind(d)
		if late == 0 || time.Now().After(deadline) {
			return d, nil
		}
		p.show("%s serve the newest revision; waiting for %s", serveCount(all-late, all), thousands(late))
		select {
		case <-ctx.Done():
			return d, ctx.Err()
		case <-time.After(statusPause):
		}
		var err error
		if d, err = askStatus(ctx, client, n.env); err != nil {
			return d, err
		}
	}
}

// serveCount returns "2 of 3 hosts".
func serveCount(some, all int) string { return thousands(some) + " of " + count(all, "host") }

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
	full := bytesOf(d.Store.Used)
	if d.Store.Quota > 0 {
		full += fmt.Sprintf(" of %s (%d%%)", bytesOf(d.Store.Quota), d.Store.Used*100/d.Store.Quota)
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
		state := serveCount(e.Hosts.Current, e.Hosts.Total) + " current, " + count(e.Flags, "flag")
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
	late, _ := behind(d)
	switch {
	case d.OK:
		n.summary = endpoint + " is well"
	case late > 0:
		n.summary = endpoint + ": " + count(late, "host") + " behind"
	default:
		n.summary = endpoint + " is not well"
	}
	for _, g := range d.Degraded {
		n.remarks = append(n.remarks, g.Detail)
	}
	n.remarks = append(n.remarks, d.Skew...)
	return n
}

// bytesOf returns a size for people.
func bytesOf(n int64) string {
	const unit = 1024
	if n < unit {
		return strconv.FormatInt(n, 10) + " B"
	}
	size, name := float64(n)/unit, 0
	for ; size >= unit && name < 4; name++ {
		size /= unit
	}
	return strconv.FormatFloat(size, 'f', 1, 64) + " " + string("KMGTP"[name]) + "iB"
}
