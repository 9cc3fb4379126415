package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// session is a file of ../testdata/sessions; ../testdata/README.md describes its members.
type session struct {
	About     string `json:"about"`
	Bootstrap []byte `json:"bootstrap"`
	Steps     []step `json:"steps"`
}

type step struct {
	Connect *struct {
		LastEventID string `json:"last_event_id"`
	} `json:"connect"`
	Send       string          `json:"send"`
	Snapshot   []byte          `json:"snapshot"`
	Supersedes *bool           `json:"supersedes"`
	Close      bool            `json:"close"`
	Changed    json.RawMessage `json:"changed"`
	Expect     json.RawMessage `json:"expect"`
}

// ofClient returns the step as it is told to a client's test; nil if it is the server's.
func (s *step) ofClient(number int) map[string]any {
	switch {
	case s.Expect != nil:
		return map[string]any{"step": number, "expect": s.Expect}
	case s.Changed != nil:
		return map[string]any{"step": number, "changed": s.Changed}
	}
	return nil
}

func readSession(path string) (*session, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &session{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}
