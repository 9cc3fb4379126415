package controlplane

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Code is the kind of an error. The API maps each code to a status, in one place.
type Code string

// These are the codes.
const (
	NotFound           Code = "not_found"
	Exists             Code = "exists"              // it already exists, and must not
	Invalid            Code = "invalid"             // see Error.Problems
	Conflict           Code = "conflict"            // other changes kept coming in for as long as this one was tried
	PreconditionFailed Code = "precondition_failed" // IfMatch or IfAbsent doesn't hold; see Error.Current
	Unauthorized       Code = "unauthorized"        // no token, or an unknown one
	Forbidden          Code = "forbidden"           // the token may not do that
	InUse              Code = "in_use"              // see Error.Users
	TooLarge           Code = "too_large"
	Gone               Code = "gone"        // it existed and has been deleted: a deleted environment's stream, or a past beyond the retention
	Unavailable        Code = "unavailable" // the store doesn't answer, or not in time
	Internal           Code = "internal"
)

// Error is the error that every failing call of a Service returns or wraps.
type Error struct {
	Code     Code
	Message  string            // a sentence for people; don't show that of an Internal error
	Problems []flagset.Problem // for Invalid: everything that is wrong, at once
	Users    []string          // for InUse: the flags that still need it
	Current  string            // for PreconditionFailed: the current version; "" if it doesn't exist
	Err      error             // the cause, which is not for users
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

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is an Error with the same code and no message, so that errors.Is(err, &Error{Code: NotFound}) works.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Message == ""
}

// CodeOf returns the code of an error: "" for nil, Unavailable if the context ended, and Internal for errors from elsewhere.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, store.ErrClosed):
		return Unavailable
	}
	return Internal
}

func fail(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// invalid returns an error for problems, or nil if none of them is an error.
func invalid(what string, problems []flagset.Problem) error {
	if failed := flagset.Errors(problems); len(failed) > 0 {
		return &Error{Code: Invalid, Message: what + " can't be stored", Problems: failed}
	}
	return nil
}

func problem(pointer, detail, hint string) error {
	return &Error{Code: Invalid, Message: detail, Problems: []flagset.Problem{{Pointer: pointer, Detail: detail, Hint: hint}}}
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

// asError is errors.As for an Error.
func asError(err error, to **Error) bool { return errors.As(err, to) }
