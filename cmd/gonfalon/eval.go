package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

func newEval() *cobra.Command {
	var (
		file            string
		who             subject
		roll            uint64
		explain, asJSON bool
	)
	c := &cobra.Command{
		Use:   "eval --snapshot S.snapshot FLAG",
		Short: "Decide a flag from a snapshot file, without a server",
		Long: `Eval decides one flag as a host would. Everything that a decision depends on can be given, the time
and the roll of chance too, so that any decision can be replayed.`,
		Example: `  gonfalon eval --snapshot flags.snapshot new_checkout --actor user:3 --group staff
  gonfalon eval --snapshot flags.snapshot new_checkout --context '{"plan": "pro"}' --now 2026-11-27T00:00:00Z --explain`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if file == "" {
				return usagef("--snapshot is missing: the file that gonfalon compile wrote")
			}
			data, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			s, err := engine.Load(data)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			if !c.Flags().Changed("roll") {
				roll = rand.Uint64()
			}
			request, err := who.request(c, args[0], roll)
			if err != nil {
				return err
			}
			e, err := evaluate(s, request, explain)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), e)
			}
			return e.write(c.OutOrStdout())
		},
	}
	flags := c.Flags()
	flags.StringVar(&file, "snapshot", "", "the snapshot file")
	who.flags(c)
	flags.Uint64Var(&roll, "roll", 0, "the 64 bits of chance that percentage_of_time draws from (default random)")
	flags.BoolVar(&explain, "explain", false, "show every gate that was looked at")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// subject is for whom and when to decide, as flags of a command.
type subject struct {
	actor, context, now string
	groups              []string
}

func (s *subject) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&s.actor, "actor", "", "the actor's key, such as user:3; without it there is no actor")
	f.StringArrayVar(&s.groups, "group", nil, "a group that the actor is in; may be repeated")
	f.StringVar(&s.context, "context", "", `the context's attributes, a JSON object such as '{"plan": "pro"}'`)
	f.StringVar(&s.now, "now", "", "the time to decide at, such as 2026-11-27T00:00:00Z (default: now)")
}

// request is the call on the engine. Groups without an actor are those of an actor whose key is not known.
func (s *subject) request(c *cobra.Command, flag string, roll uint64) (snapshot.Request, error) {
	r := snapshot.Request{Flags: []string{flag}, Groups: s.groups, Roll: roll, Now: time.Now().UnixMicro()}
	if c.Flags().Changed("actor") {
		r.Actor = &s.actor
	} else {
		r.Keyless = len(s.groups) > 0
	}
	var err error
	if s.now != "" {
		if r.Now, err = snapshot.ParseTime(s.now); err != nil {
			return r, usagef("--now: %q: %w", s.now, err)
		}
	}
	if r.Attributes, err = s.attributes(); err != nil {
		return r, usagef("--context: %w", err)
	}
	if len(s.groups) > engine.MaxGroups {
		return r, usagef("--group: %d groups are more than %d", len(s.groups), engine.MaxGroups)
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
		return nil, fmt.Errorf("%d attributes are more than %d", len(attributes), engine.MaxAttributes)
	}
	for name, v := range attributes {
		normal, err := snapshot.Normalise(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		attributes[name] = normal
	}
	return attributes, nil
}

// evaluation is a decision for people and programs.
type evaluation struct {
	Key         string          `json:"key"`
	Environment string          `json:"environment"`
	Revision    int64           `json:"revision"`
	Enabled     bool            `json:"enabled"`
	Reason      string          `json:"reason"`
	Gate        string          `json:"gate,omitempty"`
	Target      string          `json:"target,omitempty"`
	Variant     *string         `json:"variant"`
	Payload     json.RawMessage `json:"payload,omitempty"`
	Score       *float64        `json:"score,omitempty"` // in [0, 1), if the decision needed it
	Steps       []step          `json:"steps,omitempty"`
}

// evaluate decides the request's flag, and on request explains the decision.
func evaluate(s *engine.Snapshot, request snapshot.Request, explain bool) (evaluation, error) {
	call, err := request.Append(nil)
	if err != nil {
		return evaluation{}, err
	}
	var (
		r       engine.Request
		d       engine.Decision
		scratch engine.Scratch
		steps   []step
	)
	if !r.Parse(string(call)) {
		return evaluation{}, errors.New("the engine does not take the request")
	}
	if explain {
		out := make([]byte, maxExplanation)
		n := new(engine.Explanation).Write(s, &r, &scratch, &d, out)
		if n < 0 {
			return evaluation{}, errors.New("the explanation is too long")
		}
		if steps, err = explained(out[:n]); err != nil {
			return evaluation{}, err
		}
	} else {
		s.Evaluate(r.Flag, &r.Input, &scratch, &d)
	}
	e := evaluation{
		Key: r.Flag, Environment: s.Environment(), Revision: s.Revision(), Enabled: d.Enabled, Reason: d.Reason.String(),
		Gate: d.Gate.String(), Target: d.Target, Payload: json.RawMessage(d.Payload), Steps: steps,
	}
	if d.VariantIndex >= 0 {
		e.Variant = &d.Variant
	}
	if d.Score >= 0 {
		score := float64(d.Score) / 65536
		e.Score = &score
	}
	return e, nil
}

// maxExplanation has room for a thousand gates with the longest values.
const maxExplanation = 64 << 20

// write prints the decision, and a line for every gate that was looked at.
func (e evaluation) write(w io.Writer) error {
	fmt.Fprintf(w, "%s · %s · revision %d · %s  %s\n", e.Key, e.Environment, e.Revision, onOff(e.Enabled), e.Reason)
	rows := make([][]string, len(e.Steps))
	for i, s := range e.Steps {
		rows[i] = []string{"  " + s.Gate, s.Target, s.Detail, s.Outcome}
	}
	if err := table(w, rows...); err != nil {
		return err
	}
	if e.Variant != nil {
		fmt.Fprintf(w, "variant %s %s\n", *e.Variant, e.Payload)
	}
	return nil
}

// decodeJSON reads one JSON value and nothing after it, numbers as they are written.
func decodeJSON(text string, into any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("this is not the JSON that is meant: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the JSON value")
	}
	return nil
}
