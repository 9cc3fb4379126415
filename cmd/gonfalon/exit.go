package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// The exit statuses.
//
// Why: RATIONALE.md "Why is exit status 1 a no, and 2 everything else?"
const (
	exitDone    = 0 // what was asked is done; what was compared is the same
	exitNo      = 1 // what was compared differs, or what was asked is refused
	exitTrouble = 2 // the command line makes no sense, a file can't be read, nothing answers …
)

// usageError is a command line that makes no sense.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// refusal is a no: of a person who was asked, or of a check.
type refusal struct{ error }

func (e refusal) Unwrap() error { return e.error }

func refusef(format string, args ...any) error { return refusal{fmt.Errorf(format, args...)} }

// trouble is any failure of a verb whose no has a meaning of its own.
type trouble struct{ error }

func (e trouble) Unwrap() error { return e.error }

func troublef(format string, args ...any) error { return trouble{fmt.Errorf(format, args...)} }

// errReported is a no that the output tells already.
var errReported = refusal{errors.New("failed")}

// status is the exit status of a verb that ended so.
func status(err error) int {
	var (
		usage   usageError
		failed  trouble
		no      refusal
		nothing unknown
		invalid *flagset.InvalidError
		remote  *apiclient.Error
		local   *api.Error
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage), errors.As(err, &failed):
		return exitTrouble
	case errors.As(err, &no), errors.As(err, &nothing), errors.As(err, &invalid):
		return exitNo
	case errors.As(err, &remote):
		if remote.Status >= 400 && remote.Status < 500 && remote.Status != http.StatusTooManyRequests {
			return exitNo
		}
	case errors.As(err, &local):
		if local.Code != api.Unavailable && local.Code != api.Internal {
			return exitNo
		}
	}
	return exitTrouble
}
