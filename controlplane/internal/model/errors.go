package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Errorf returns an error with a code and a sentence for people.
func Errorf(code api.Code, format string, args ...any) *api.Error {
	return &api.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Invalid returns an error for problems, or nil if none of them is an error. Its code is Invalid, or UnsupportedScope if
// the verb doesn't take the scope.
func Invalid(what string, problems []flagset.Problem) error {
	failed := flagset.Errors(problems)
	if len(failed) == 0 {
		return nil
	}
	e := &api.Error{Code: api.Invalid, Message: what + " can't be stored", Problems: few(failed)}
	if slices.ContainsFunc(failed, func(p flagset.Problem) bool { return p.Scope }) {
		e.Code, e.Message = api.UnsupportedScope, "the verb doesn't take this scope"
	}
	return e
}

// InvalidAt returns an error about one place of a document.
func InvalidAt(pointer, detail, hint string) error {
	return &api.Error{Code: api.Invalid, Message: detail, Problems: []flagset.Problem{{Pointer: pointer, Detail: detail, Hint: hint}}}
}

func inUse(what string, users []string) error {
	const named = 10 // more than that in a sentence, nobody reads
	message := what + " is still needed by " + strings.Join(users[:min(len(users), named)], ", ")
	if len(users) > named {
		message += " and more"
	}
	return &api.Error{Code: api.InUse, Message: message, Users: users}
}

// Unavailable returns an error that has the code Unavailable, unless its cause has a code already.
func Unavailable(what string, err error) error {
	var e *api.Error
	if errors.As(err, &e) {
		return err
	}
	return &api.Error{Code: api.Unavailable, Message: what, Err: err}
}

// Closed says that the service is closed.
func Closed() error { return &api.Error{Code: api.Unavailable, Message: "the service is closed"} }

// NoEnvironment says that an environment does not exist.
func NoEnvironment(env string) error {
	return Errorf(api.NotFound, "there is no environment %.80q", env)
}

// NoFlag says that a flag does not exist.
// Why: RATIONALE.md "Why is it an error to get or clear a flag that doesn't exist?"
func NoFlag(key string) error { return Errorf(api.NotFound, "there is no flag %.140q", key) }

// NoSegment says that a segment does not exist.
func NoSegment(key string) error { return Errorf(api.NotFound, "there is no segment %.140q", key) }
