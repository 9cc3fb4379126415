package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/request"
)

// subject is for whom and when to decide, as flags of a command.
type subject struct {
	actor, context, now string
	groups              []string
}

func (s *subject) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&s.actor, "actor", "", "the actor's key, such as user:3 (default: no actor)")
	f.StringArrayVar(&s.groups, "group", nil, "a group that the actor is in; may be repeated")
	f.StringVar(&s.context, "context", "", `the context's attributes, a JSON object such as '{"plan": "pro"}'`)
	f.StringVar(&s.now, "now", "", "the time of the decision, such as 2026-11-27T00:00:00Z, or 24h or 7d ago (default: now)")
}

// request is the call on the engine. Groups without an actor are those of an actor whose key is not known.
func (s *subject) request(c *cobra.Command, flag string, roll uint64) (request.Request, error) {
	r := request.Request{Flags: []string{flag}, Groups: s.groups, Roll: roll, Now: time.Now().UnixMicro()}
	if c.Flags().Changed("actor") {
		r.Actor = &s.actor
	} else {
		r.Keyless = len(s.groups) > 0
	}
	var err error
	if s.now != "" {
		now, err := moment(s.now)
		if err != nil {
			return r, usagef("--now: %w", err)
		}
		r.Now = now.UnixMicro()
	}
	if r.Attributes, err = s.attributes(); err != nil {
		return r, usagef("--context: %w", err)
	}
	if len(s.groups) > engine.MaxGroups {
		return r, usagef("--group: %d groups exceed the limit of %d", len(s.groups), engine.MaxGroups)
	}
	return r, nil
}

// attributes reads the context without losing a digit.
func (s *subject) attributes() (map[string]any, error) {
	if s.context == "" {
		return nil, nil
	}
	var attributes map[string]any
	if err := decodeJSON(s.context, &attributes); err != nil {
		return nil, err
	}
	if len(attributes) > engine.MaxAttributes {
		return nil, fmt.Errorf("%d attributes exceed the limit of %d", len(attributes), engine.MaxAttributes)
	}
	for name, v := range attributes {
		normal, err := flagset.Normalise(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		attributes[name] = normal
	}
	return attributes, nil
}

// query is the subject as the API asks about it.
func (s *subject) query(c *cobra.Command) (api.Query, error) {
	request, err := s.request(c, "", 0)
	if err != nil {
		return api.Query{}, err
	}
	q := api.Query{Actor: request.Actor, Groups: request.Groups, Context: request.Attributes}
	if s.now != "" {
		q.Now = time.UnixMicro(request.Now).UTC()
	}
	return q, nil
}

// decodeJSON reads one JSON value and nothing after it, numbers as they are written.
func decodeJSON(text string, into any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("this is not a JSON object: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the JSON value")
	}
	return nil
}
