package main

import (
	"testing"
	"time"
)

func TestAge(t *testing.T) {
	for text, want := range map[string]time.Duration{"0d": 0, "1.5d": 36 * time.Hour, "2w": 14 * 24 * time.Hour, "3650d": 87600 * time.Hour, "90m": 90 * time.Minute} {
		if got, err := age(text); err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "many", "3651d", "1e9w", "999999999d"} {
		if got, err := age(text); err == nil {
			t.Errorf("%s: %v", text, got)
		}
	}
}
