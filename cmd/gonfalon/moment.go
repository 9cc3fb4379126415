package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// moment reads a time, or how long ago it was.
func moment(text string) (time.Time, error) {
	if micros, err := flagset.ParseTime(text); err == nil {
		return time.UnixMicro(micros).UTC(), nil
	}
	ago, err := age(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is neither a time such as 2026-11-27T00:00:00Z nor an age such as 24h or 7d", text)
	}
	return time.Now().Add(-ago), nil
}

// age reads a duration, with days and weeks too.
func age(text string) (time.Duration, error) {
	for unit, hours := range map[string]time.Duration{"d": 24, "w": 7 * 24} {
		if number, found := strings.CutSuffix(text, unit); found {
			part, err := time.ParseDuration(number + "h")
			if err != nil || part > 10*365*24*time.Hour/hours {
				return 0, errors.New("not a number of days or weeks, or more than ten years")
			}
			return hours * part, nil
		}
	}
	return time.ParseDuration(text)
}

// pastOptions say which moment of the past is meant.
type pastOptions struct {
	revision int64
	when     string
	command  *cobra.Command // that has them
}

func (p *pastOptions) register(c *cobra.Command) {
	p.command = c
	c.Flags().Int64Var(&p.revision, "revision", 0, "as of this revision")
	c.Flags().StringVar(&p.when, "at", "", "as of this time, such as 2026-11-27T08:30:00Z, or 24h or 7d ago")
}

func (p *pastOptions) at() (at api.At, err error) {
	if at.Revision = p.revision; at.Revision < 1 && p.command.Flags().Changed("revision") {
		return at, usagef("--revision: revisions begin with 1")
	}
	if at.Revision > 0 && p.when != "" {
		return at, usagef("--revision and --at both say when: give one of them")
	}
	if p.when != "" {
		if at.Time, err = moment(p.when); err != nil {
			return at, usagef("--at: %w", err)
		}
	}
	return at, nil
}
