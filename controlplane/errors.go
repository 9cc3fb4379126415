package controlplane

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine/snapshot"
)

// Code says what kind of error it is; the API maps each to a status once.
type Code string

// The codes.
const (
	NotFound           Code = "not_found"
	Exists             Code = "exists"              // it is there already, and must not be
	Invalid            Code = "invalid"             // see Error.Problems
	Conflict           Code = "conflict"            // others kept changing the environment for as long as we tried
	PreconditionFailed Code = "precondition_failed" // IfMatch or IfAbsent doesn't hold; see Error.Current
	Unauthorized       Code = "unauthorized"        // no token, or not one of ours
	Forbidden          Code = "forbidden"           // the token may not do that
	InUse              Code = "in_use"              // see Error.Users
	TooLarge           Code = "too_large"
	Gone               Code = "gone"        // it was there, and is no more: a deleted environment's stream, a past beyond the retention
	Unavailable        Code = "unavailable" // the store doesn't answer, or not in time
	Internal           Code = "internal"
)

// Error is what every failing call of a Service returns, or wraps.
type Error struct {
	Code     Code
	Message  string             // a sentence for people; of Internal errors not for show
	Problems []snapshot.Problem // of Invalid: everything that is wrong, at once
	Users    []string           // of InUse: the flags that still need it
	Current  string             // of PreconditionFailed: the version that is there, "" for nothing
	Err      error              // the cause, not for show
}

func (e *Error) Error() string {
	text := e.Message
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	for _, p := range e.Problems {
		text += "\n" + p.String()
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is lets errors.Is compare by code: errors.Is(err, &Error{Code: NotFound}).
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Message == ""
}

// CodeOf is the code of an error: "" for nil, Unavailable for a wait that ended, Internal for what is not ours.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, ErrStoreClosed):
		return Unavailable
	}
	return Internal
}

func fail(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// invalid is an error for problems; nil if none of them is an error.
func invalid(what string, problems []snapshot.Problem) error {
	if failed := snapshot.Errors(problems); len(failed) > 0 {
		return &Error{Code: Invalid, Message: what + " can't be stored", Problems: failed}
	}
	return nil
}

func problem(pointer, detail, hint string) error {
	return &Error{Code: Invalid, Message: detail, Problems: []snapshot.Problem{{Pointer: pointer, Detail: detail, Hint: hint}}}
}

func inUse(what string, users []string) error {
	return &Error{Code: InUse, Message: what + " is still needed by " + strings.Join(users, ", "), Users: users}
}

func unavailable(what string, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return &Error{Code: Unavailable, Message: what, Err: err}
}

// asError is errors.As for our own kind.
func asError(err error, to **Error) bool { return errors.As(err, to) }
