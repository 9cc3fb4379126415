package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

// follow prints the entries that a query selects as they are written.
func (q *auditQuery) follow(ctx context.Context, c *cobra.Command, n *connection, o output, client *apiclient.Client) error {
	for _, option := range []string{"until", "limit", "failures"} {
		if c.Flags().Changed(option) {
			return usagef("--follow goes on until you stop it, and tells what was changed: --%s doesn't go with it", option)
		}
	}
	if n.env == "" {
		n.env = controlplane.DefaultEnvironment
	}
	t, err := n.newTail(ctx, c, client, q.since)
	if err != nil {
		return err
	}
	w := c.OutOrStdout()
	t.tell = func(e api.AuditEntry) error {
		if !q.selects(&e) {
			return nil
		}
		switch o.form {
		case "json":
			return writeLine(w, e)
		case "yaml":
			if err := say(w, "---\n"); err != nil {
				return err
			}
			return noun{document: e}.writeYAML(w)
		case "name":
			return say(w, "%s/%d\n", e.Environment, e.Revision)
		case "wide":
			return say(w, "%s\n", entryLine(e)+changesOf(e))
		}
		return say(w, "%s\n", entryLine(e))
	}
	if o.form == "text" || o.form == "wide" {
		t.count = func(hosts api.HostCount) error {
			return say(w, "%s the newest revision of %s\n", serveOf(hosts), n.env)
		}
	}
	return t.run(ctx)
}

// selects reports whether the filters let an entry pass, as the server has them.
func (q *auditQuery) selects(e *api.AuditEntry) bool {
	about := func(kind, key string) bool {
		return key == "" || slices.ContainsFunc(e.Changes, func(c api.Change) bool { return c.Kind == kind && c.Key == key })
	}
	return (q.By == "" || e.By == q.By) && (q.OnBehalfOf == "" || e.OnBehalfOf == q.OnBehalfOf) &&
		(q.Action == "" || e.Action == q.Action || strings.HasPrefix(e.Action, q.Action+".")) &&
		about(api.KindFlag, q.Flag) && about(api.KindSegment, q.Segment)
}

// entryLine tells an entry on a line, without how things changed.
func entryLine(e api.AuditEntry) string {
	words := append([]string{when(e.Time), e.Environment, strconv.FormatInt(e.Revision, 10), e.Action}, changedKeys(e)...)
	words = append(words, "by", byWhom(e.By, e.OnBehalfOf))
	if e.Reason != "" {
		words = append(words, "·", e.Reason)
	}
	return strings.Join(words, " ")
}

// changedKeys returns what an entry is about.
func changedKeys(e api.AuditEntry) []string {
	const most = 3
	if e.Key != "" {
		return []string{e.Key}
	}
	var keys []string
	for _, change := range e.Changes {
		keys = append(keys, change.Key)
	}
	if len(keys) > most {
		keys = append(keys[:most], fmt.Sprintf("and %s more", thousands(len(keys)-most)))
	}
	return keys
}

// changesOf tells how things changed, to follow an entry on its line.
func changesOf(e api.AuditEntry) string {
	if lines := changeLines(e.Changes, e.Key); len(lines) > 0 {
		return " · " + strings.Join(lines, "; ")
	}
	return ""
}
