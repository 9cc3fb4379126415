package main

import (
	"context"
	"fmt"
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
	if q.Flag != "" && q.Segment != "" {
		return usagef("--flag and --segment don't go together")
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
		if e = q.about(e); !q.selects(&e) {
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

// about returns an entry with only what it says of the flag or the segment that is asked for.
func (q *auditQuery) about(e api.AuditEntry) api.AuditEntry {
	switch {
	case q.Flag != "":
		return onlyAbout(e, api.KindFlag, q.Flag)
	case q.Segment != "":
		return onlyAbout(e, api.KindSegment, q.Segment)
	}
	return e
}

// selects reports whether the filters let what about left of an entry pass, as the server has them.
func (q *auditQuery) selects(e *api.AuditEntry) bool {
	return (q.By == "" || e.By == q.By) && (q.OnBehalfOf == "" || e.OnBehalfOf == q.OnBehalfOf) &&
		(q.Action == "" || e.Action == q.Action || strings.HasPrefix(e.Action, q.Action+".")) &&
		(q.Flag == "" && q.Segment == "" || len(e.Changes) > 0)
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
