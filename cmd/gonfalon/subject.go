package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// subject is for whom and when to decide, as flags of a command.
type subject struct {
	actor, context, now string
	groups              []string
}

func (s *subject) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&s.actor, "actor", "", "the actor's key, such as user:3 (default: the context's targetingKey)")
	f.StringArrayVar(&s.groups, "group", nil, "a group that the actor is in; may be repeated")
	f.StringVar(&s.context, "context", "", `the context, a JSON object such as '{"plan": "pro"}'; its targetingKey and groups count as in OFREP`)
	f.StringVar(&s.now, "now", "", "the time of the decision, such as 2026-11-27T00:00:00Z, or 24h or 7d ago (default: now)")
}

// query is the subject as the API asks about it. The context's targetingKey and groups count where no option names them.
func (s *subject) query(c *cobra.Command) (q api.Query, err error) {
	if c.Flags().Changed("actor") {
		q.Actor = new(valid(s.actor))
	}
	for _, group := range s.groups {
		q.Groups = append(q.Groups, valid(group))
	}
	if s.now != "" {
		if q.Now, err = moment(s.now); err != nil {
			return q, usagef("--now: %w", err)
		}
	}
	if s.context != "" { // numbers stay as they are written: 42.0 and 42 can mean different actors
		if err := decodeJSON(s.context, &q.Context); err != nil {
			return q, usagef("--context: %w", err)
		}
	}
	return q, nil
}

// valid is a text of the command line, which may hold any bytes, as every host would take it.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// decodeJSON reads one JSON value and nothing after it, numbers as they are written.
func decodeJSON(text string, into any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		wrong, isOther := errors.AsType[*json.UnmarshalTypeError](err)
		switch {
		case isOther:
			return fmt.Errorf("this is not a JSON object: it is of type %s", wrong.Value)
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			err = errors.New("it ends too early")
		}
		return fmt.Errorf("this is not a JSON object: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the JSON value")
	}
	return nil
}
