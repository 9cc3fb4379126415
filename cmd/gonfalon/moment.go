package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

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

// age reads a duration, with days too.
func age(text string) (time.Duration, error) {
	if days, found := strings.CutSuffix(text, "d"); found {
		hours, err := time.ParseDuration(days + "h")
		if err != nil || hours > 24*365*10*time.Hour {
			return 0, errors.New("not a number of days")
		}
		return 24 * hours, nil
	}
	return time.ParseDuration(text)
}
