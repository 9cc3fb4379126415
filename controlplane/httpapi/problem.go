package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// kind is a type of problem. A GET of /problems/ and its name explains it.
type kind struct {
	name   string
	status int
	title  string
	text   string
}

// These are the kinds of problem. "%" in a name or title stands for the kind of the route's body: flag, segment …
var (
	malformed    = kind{"malformed-%", 400, "The % can't be read", "The body doesn't have the form that openapi.json describes. errors names each member that doesn't fit, by JSON pointer. Nothing was changed."}
	truncated    = kind{"truncated-body", 400, "The body was cut short", "Fewer bytes arrived than were announced. Nothing was changed; send the request again."}
	badQuery     = kind{"invalid-query", 400, "Invalid query", "errors names each query parameter that is unknown or malformed. Unknown ones are refused, so that a misspelt dry_run doesn't write."}
	badRequest   = kind{"bad-request", 400, "Bad request", "detail says why the request can't be understood."}
	unauthorized = kind{"unauthorized", 401, "A valid token is required", "Send Authorization: Bearer with a token that exists and is neither revoked nor expired."}
	notAllowed   = kind{"forbidden", 403, "The token isn't allowed to do that", "The token's role or environments don't allow the request. Any other environment is forbidden, whether it exists or not."}
	notFound     = kind{"not-found", 404, "Not found", "detail says what is missing."}
	badMethod    = kind{"method-not-allowed", 405, "Method not allowed", "The Allow header lists the methods of this path."}
	unacceptable = kind{"not-acceptable", 406, "Not acceptable", "The response is not available in any of the forms that the caller reads."}
	exists       = kind{"exists", 409, "Already exists", "Something with this name exists, and the request was to create it."}
	conflict     = kind{"conflict", 409, "Concurrent modification", "Other changes kept coming in between. Nothing was changed; try again."}
	inUse        = kind{"in-use", 409, "Still in use", "users lists the flags that need it. Change those first."}
	gone         = kind{"gone", 410, "Gone", "The environment was deleted, or that part of the past is beyond the audit's retention."}
	precondition = kind{"precondition-failed", 412, "It was changed in the meantime", "If-Match or If-None-Match doesn't hold. current is the current version: get it, and decide again."}
	tooLarge     = kind{"too-large", 413, "Too large", "detail says what the limit is. Nothing was changed."}
	encoded      = kind{"unsupported-encoding", 415, "Unsupported content encoding", "Send the body without Content-Encoding."}
	invalid      = kind{"invalid-%", 422, "The % can't be stored", "The body is well-formed, but its content is invalid. errors names everything that is wrong, by JSON pointer. Nothing was changed."}
	rateLimited  = kind{"rate-limited", 429, "Too many requests", "The token makes more requests than its limit. Wait for as many seconds as Retry-After says."}
	internal     = kind{"internal", 500, "Internal error", "The server's log says more, at the time of the request."}
	unavailable  = kind{"unavailable", 503, "Temporarily unavailable", "The store doesn't answer, or the server is shutting down. Try again. A change may have been made: read to find out."}
)

var kinds = []kind{malformed, truncated, badQuery, badRequest, unauthorized, notAllowed, notFound, badMethod, unacceptable, exists,
	conflict, inUse, gone, precondition, tooLarge, encoded, invalid, rateLimited, internal, unavailable}

// nouns are the kinds of bodies in the names and titles of problems.
var nouns = []string{"flag", "segment", "environment", "document", "token", "webhook", "request"}

// codes maps the service's codes to kinds of problem.
var codes = map[controlplane.Code]kind{
	controlplane.NotFound:           notFound,
	controlplane.Exists:             exists,
	controlplane.Invalid:            invalid,
	controlplane.Conflict:           conflict,
	controlplane.PreconditionFailed: precondition,
	controlplane.Unauthorized:       unauthorized,
	controlplane.Forbidden:          notAllowed,
	controlplane.InUse:              inUse,
	controlplane.TooLarge:           tooLarge,
	controlplane.Gone:               gone,
	controlplane.Unavailable:        unavailable,
	controlplane.Internal:           internal,
}

// of returns an error of this kind about a noun.
func (k kind) of(noun, detail string) *apiclient.Error {
	return &apiclient.Error{Type: "/problems/" + k.called(k.name, noun), Title: k.called(k.title, noun), Status: k.status, Detail: detail}
}

func (k kind) called(pattern, noun string) string {
	for i := range pattern {
		if pattern[i] == '%' {
			return pattern[:i] + noun + pattern[i+1:]
		}
	}
	return pattern
}

// unreadable returns an error for a body whose form is wrong, or nil if none of the problems is an error.
func unreadable(noun string, problems []flagset.Problem) error {
	failed := flagset.Errors(problems)
	if len(failed) == 0 {
		return nil
	}
	e := malformed.of(noun, "")
	e.Errors = apiclient.Problems(failed)
	return e
}

// unreadableAt returns an error for one place in a body.
func unreadableAt(noun, pointer, detail, hint string) error {
	e := malformed.of(noun, "")
	e.Errors = []apiclient.Problem{{Pointer: pointer, Detail: detail, Hint: hint}}
	return e
}

func tooOften(wait time.Duration) error {
	e := rateLimited.of("", "")
	e.RetryAfter = seconds(wait)
	return e
}

// problem returns what to tell the caller about an error. This is the only place where errors become statuses.
// Why: RATIONALE.md "Why does a bad body get 400 in some cases, and 422 in others?"
func (x *call) problem(err error) *apiclient.Error {
	var refused *apiclient.Error
	if errors.As(err, &refused) {
		return refused
	}
	var lost *echo.HTTPError
	if errors.As(err, &lost) {
		switch lost.Code {
		case http.StatusNotFound:
			return notFound.of("", "no route serves "+quote(x.Request().URL.Path)+"; /openapi.json lists them")
		case http.StatusMethodNotAllowed:
			return badMethod.of("", "")
		}
		return badRequest.of("", http.StatusText(lost.Code))
	}
	code := controlplane.CodeOf(err)
	e := codes[code].of(x.route.noun(), "")
	if code == controlplane.Unavailable {
		e.RetryAfter = 1
	}
	var failed *controlplane.Error
	if !errors.As(err, &failed) || code == controlplane.Internal {
		return e
	}
	e.Detail, e.Users, e.Current = failed.Message, failed.Users, failed.Current
	if code == controlplane.Invalid {
		e.Errors = apiclient.Problems(failed.Problems)
		for i := range e.Errors {
			if p := &e.Errors[i]; p.Flag == x.param("key") || p.Segment == x.param("key") {
				p.Flag, p.Segment = "", "" // the caller knows which one it is
			}
		}
		if len(e.Errors) > 0 {
			e.Detail = "" // the errors say it all
		}
	}
	return e
}

// refuse answers a request that fails, and records a refused change. Changes that reached a verb are recorded there.
func (x *call) refuse(err error) {
	var failed *ofrepError
	if errors.As(err, &failed) {
		_ = x.blob(failed.status, "application/json", failed.append(nil))
		return
	}
	e := x.problem(err)
	if e.Status >= http.StatusInternalServerError && x.context().Err() == nil {
		x.api.log.Error("a request failed", "method", x.Request().Method, "path", x.Request().URL.Path, "status", e.Status, "error", err)
	}
	var reached *controlplane.Error
	if x.route.action != "" && (!errors.As(err, &reached) || reached.Code == controlplane.Unauthorized || reached.Code == controlplane.Forbidden) {
		x.recordFailure(e)
	}
	if x.Response().Committed {
		return
	}
	h := x.Response().Header()
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	if e.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="gonfalon"`)
	}
	if isOFREP(x.Request().URL.Path) {
		x.refuseOFREP(e)
		return
	}
	data, _ := json.Marshal(e) // strings and numbers can't fail
	_ = x.blob(e.Status, "application/problem+json", append(data, '\n'))
}

func (x *call) recordFailure(e *apiclient.Error) {
	detail := e.Detail
	if detail == "" {
		detail = e.Title
	}
	if len(e.Errors) > 0 {
		detail += ": " + e.Errors[0].String()
	}
	x.service().RecordFailure(x.context(), controlplane.FailedWrite{
		Environment: x.env, By: x.by(), Reason: x.reason, Action: x.route.action, Key: x.param("key"),
		Code: controlplane.Code(strings.ReplaceAll(e.Type[len("/problems/"):], "-", "_")), Detail: detail,
	})
}

// describeProblem explains a kind of problem.
func (x *call) describeProblem() error {
	name := x.param("name")
	for _, k := range kinds {
		for _, noun := range nouns {
			if k.called(k.name, noun) == name {
				return x.blob(http.StatusOK, "text/plain; charset=utf-8", []byte(k.called(k.title, noun)+" ("+strconv.Itoa(k.status)+")\n\n"+k.text+"\n"))
			}
		}
	}
	return notFound.of("", "there is no problem "+quote(name))
}

// quote returns a name in quotes for use in a sentence, cut if it is long.
func quote(name string) string {
	const most = 64
	if runes := []rune(name); len(runes) > most {
		name = string(runes[:most]) + "…"
	}
	return strconv.Quote(name)
}
