package api

import (
	"context"
	"errors"

	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// Code is the kind of an error. The API maps each code to a status, in one place.
type Code string

// These are the codes.
const (
	NotFound           Code = "not_found"
	Exists             Code = "exists"              // it already exists, and must not
	Invalid            Code = "invalid"             // see Error.Problems
	UnsupportedScope   Code = "unsupported_scope"   // the verb doesn't take this scope; see Error.Problems
	Conflict           Code = "conflict"            // other changes kept coming in for as long as this one was tried
	PreconditionFailed Code = "precondition_failed" // IfMatch or IfAbsent doesn't hold; see Error.Current
	Unauthorized       Code = "unauthorized"        // no token, or an unknown one
	Forbidden          Code = "forbidden"           // the token may not do that
	InUse              Code = "in_use"              // see Error.Users
	TooLarge           Code = "too_large"
	RateLimited        Code = "rate_limited" // the token makes more requests than it may
	Gone               Code = "gone"         // it existed and has been deleted: a deleted environment's stream, or a past beyond the retention
	Unavailable        Code = "unavailable"  // the store doesn't answer, or not in time
	Internal           Code = "internal"
)

// Error is the error that every failing call of a Service returns or wraps.
type Error struct {
	Code     Code
	Message  string            // a sentence for people; don't show that of an Internal error
	Problems []flagset.Problem // for Invalid and UnsupportedScope: everything that is wrong, at once
	Users    []string          // for InUse: the flags that still need it
	Current  string            // for PreconditionFailed: the current version; "" if it doesn't exist
	Err      error             // the cause, which is not for users
}

// Error returns the message, its cause and the problems.
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

// Is reports whether target is an Error with the same code and no message, so that errors.Is(err, &Error{Code:
// NotFound}) works.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Message == ""
}

// CodeOf returns the code of an error: "" for nil, Unavailable if the context ended, and Internal for errors from
// elsewhere.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return Unavailable
	}
	return Internal
}
