package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

// mostShown is how many situations and how many flags a preview prints.
const mostShown = 20

// show prints whose decision would change.
func (p *flagVerb) show(ctx context.Context, c *cobra.Command, client *apiclient.Client, proposal api.Proposal) error {
	if p.contexts != "" {
		text, err := readText(c, p.contexts)
		if err != nil {
			return err
		}
		if proposal.Actors, err = readContexts(p.contexts, text); err != nil {
			return err
		}
	}
	preview, err := client.Preview(ctx, p.env, proposal)
	if err != nil {
		return err
	}
	for _, line := range append(preview.Difference.Lines, foreseen(preview, p.contexts)...) {
		if err := say(c.ErrOrStderr(), "  %s\n", line); err != nil {
			return err
		}
	}
	problems := append(preview.Problems, preview.Warnings...)
	for i, p := range problems {
		if from := typedFor(c, p.Pointer, p.Detail); from != "" && p.Flag == proposal.Flag.Key {
			problems[i].Flag, problems[i].Pointer = "", from
		}
	}
	warn(c, problems)
	return nil
}

// maxContext bounds a line of contexts. A request has at most eight times as much.
const maxContext = 1 << 20

// readContexts reads a context or an actor from each line of a file.
func readContexts(name string, text []byte) ([]api.Query, error) {
	var list []api.Query
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxContext)
	n := 1
	for ; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var q api.Query
		switch {
		case line[0] == '{':
			d := json.NewDecoder(bytes.NewReader(line))
			d.UseNumber()
			if err := d.Decode(&q.Context); err != nil {
				return nil, fmt.Errorf("%s: line %d is no JSON object: %w", name, n, err)
			}
		case line[0] == '"':
			if err := json.Unmarshal(line, &q.Actor); err != nil {
				return nil, fmt.Errorf("%s: line %d is no JSON string: %w", name, n, err)
			}
		default:
			q.Actor = new(string(line))
		}
		list = append(list, q)
	}
	if lines.Err() != nil {
		return nil, fmt.Errorf("%s: line %d is longer than %d MiB", name, n, maxContext>>20)
	}
	return list, nil
}

// foreseen puts a preview into sentences. contexts names the file of those that were compared.
func foreseen(p api.Preview, contexts string) []string {
	var lines []string
	same, shown := p.SameActors, 0
	for _, s := range p.Situations {
		switch {
		case !s.Changed() && len(s.Dependants) == 0:
			same++
		case shown < mostShown:
			shown++
			lines = append(lines, s.Who+": "+shareChange(s.PreviewShare))
			for _, key := range first(sortedKeys(s.Dependants)) {
				lines = append(lines, "  "+key+", which depends on it: "+shareChange(s.Dependants[key]))
			}
		default:
			shown++
		}
	}
	switch {
	case shown > mostShown:
		lines = append(lines, count(shown-mostShown, "more situation")+" change; POST /v1/envs/ENV/preview lists all")
	case shown == 0 && same > 0:
		lines = append(lines, "nothing changes in "+count(same, "situation")+" that the gates name")
	case same > 0:
		lines = append(lines, "nothing changes in "+count(same, "other situation"))
	}
	if p.Asked > 0 {
		text := fmt.Sprintf("%s in %s: %s turn on, %s turn off", count(p.Asked, "context"), contexts, someOf(p.TurnOn), someOf(p.TurnOff))
		if p.VariantChanged > 0 {
			text += fmt.Sprintf(", %s get another variant", thousands(p.VariantChanged))
		}
		lines = append(lines, text)
	}
	if len(p.WithoutContext) > 0 {
		lines = append(lines, "not looked at, since no context that meets it was found: "+strings.Join(first(p.WithoutContext), ", ")+" (try --contexts FILE)")
	}
	if p.Omitted > 0 {
		lines = append(lines, "not looked at, since there are too many: "+count(p.Omitted, "situation"))
	}
	return lines
}

func first(names []string) []string { return names[:min(len(names), mostShown)] }

// shareChange says how a flag's decisions change.
func shareChange(s api.PreviewShare) string {
	whole := func(share float64) bool { return share == 0 || share == 1 }
	var text string
	switch {
	case whole(s.Before) && whole(s.After) && s.Before != s.After:
		text = map[bool]string{true: "off → on", false: "on → off"}[s.After == 1]
	case s.Before != s.After:
		text = share(s.Before) + " → " + share(s.After) + " on"
	default:
		text = share(s.Before) + " on, as before"
	}
	if !whole(s.TurnOn) {
		text += "; " + share(s.TurnOn) + " turn on"
	}
	if !whole(s.TurnOff) {
		text += "; " + share(s.TurnOff) + " turn off"
	}
	if s.VariantChanged > 0 {
		text += "; " + share(s.VariantChanged) + " get another variant"
	}
	if !s.Exact {
		text += " (about)"
	}
	return text
}

// share writes a share with two digits after the point, or two that aren't zero.
func share(part float64) string {
	digits := 2
	for at := part * 100; at > 0 && at < 0.1 && digits < 8; at *= 10 {
		digits++
	}
	text := strconv.FormatFloat(part*100, 'f', digits, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + "%"
}

// someOf is a number in a sentence.
func someOf(n int) string {
	if n == 0 {
		return "none"
	}
	return thousands(n)
}
