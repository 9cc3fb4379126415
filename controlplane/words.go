package controlplane

import (
	"github.com/gonfalon-flags/gonfalon/controlplane/internal/model"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
	"github.com/gonfalon-flags/gonfalon/engine/words"
)

// wordsIn says what a flag's gates do in an environment.
func wordsIn(st *model.State, f *flagset.Flag) words.Words {
	return words.Of(f, st.Head.Settings(), readable{st})
}

// readable is the flags and segments of a state that this build can read.
type readable struct{ *model.State }

func (r readable) Flag(key string) *flagset.Flag {
	if record := r.State.Flag(key); record != nil && record.Read() == nil {
		return new(record.Flag())
	}
	return nil
}

func (r readable) Segment(key string) *flagset.Segment {
	if record := r.State.Segment(key); record != nil && record.Read() == nil {
		return new(record.Segment())
	}
	return nil
}
