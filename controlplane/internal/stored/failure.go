package stored

import (
	"strings"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

const (
	// MaxFailures is how many refused changes are kept of each environment. The sweep deletes older ones.
	MaxFailures = 1_000
	// MaxDetail is how many bytes of a text beside a change are kept.
	MaxDetail = 2_000
)

// Failure is a refused change in its stored form. Refused changes are kept separate from the audit and don't change a
// revision.
type Failure struct {
	By         string   `msgpack:"by"`
	OnBehalfOf string   `msgpack:"on_behalf_of,omitempty"`
	Token      string   `msgpack:"token,omitempty"`
	Reason     string   `msgpack:"reason,omitempty"`
	Action     string   `msgpack:"action"`
	Key        string   `msgpack:"key,omitempty"`
	Code       api.Code `msgpack:"code"`
	Detail     string   `msgpack:"detail"`
	Suppressed int      `msgpack:"suppressed,omitempty"` // how many refusals before it were not recorded, because there were too many
}

// Document returns the refusal as the API shows it.
func (f *Failure) Document(env string, at time.Time) api.FailedWrite {
	return api.FailedWrite{
		Environment: env, Time: at, By: f.By, OnBehalfOf: f.OnBehalfOf, Token: f.Token, Reason: f.Reason, Action: f.Action, Key: f.Key,
		Code: f.Code, Detail: f.Detail, Suppressed: f.Suppressed,
	}
}

// Clip cuts a text where it gets too long.
func Clip(text string, most int) string {
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
