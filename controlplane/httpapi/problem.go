package httpapi

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/controlplane/store"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// kind is a type of problem. A GET of /problems/ and its name explains it.
type kind struct {
	name   string
	status int
	code   api.Code // in the record of refused changes
	title  string
	text   string
}

// These are the kinds of problem. "%" in a name or title stands for the kind of the route's body: flag, segment …
var (
	malformed    = kind{"malformed-%", 400, api.Invalid, "The % can't be read", "The body doesn't have the form that openapi.json describes. errors names each member that doesn't fit, by JSON pointer. Nothing was changed."}
	truncated    = kind{"truncated-body", 400, api.Invalid, "The body was cut short", "Fewer bytes arrived than were announced. Nothing was changed; send the request again."}
	badQuery     = kind{"invalid-query", 400, api.Invalid, "Invalid query", "errors names each query parameter that is unknown or malformed. Unknown ones are refused, so that a misspelt dry_run doesn't write."}
	badRequest   = kind{"bad-request", 400, api.Invalid, "Bad request", "detail says why the request can't be understood."}
	unauthorized = kind{"unauthorized", 401, api.Unauthorized, "A valid token is required", "Send Authorization: Bearer with a token that exists and is neither revoked nor expired."}
	notAllowed   = kind{"forbidden", 403, api.Forbidden, "The token isn't allowed to do that", "The token's role or environments don't allow the request. Any other environment is forbidden, whether it exists or not."}
	crossOrigin  = kind{"cross-origin", 403, api.Forbidden, "A page elsewhere made the request", "A session's cookie is only good for pages of the same origin. A page or a program elsewhere needs a token of its own. Behind a proxy that changes the host, the server needs --public-url or --trusted-proxies."}
	notFound     = kind{"not-found", 404, api.NotFound, "Not found", "detail says what is missing."}
	badMethod    = kind{"method-not-allowed", 405, api.Invalid, "Method not allowed", "The Allow header lists the methods of this path."}
	unacceptable = kind{"not-acceptable", 406, api.Invalid, "Not acceptable", "The response is not available in any of the forms that the caller reads."}
	exists       = kind{"exists", 409, api.Exists, "Already exists", "Something with this name exists, and the request was to create it."}
	conflict     = kind{"conflict", 409, api.Conflict, "Concurrent modification", "Other changes kept coming in between. Nothing was changed; try again."}
	inUse        = kind{"in-use", 409, api.InUse, "Still in use", "users lists the flags that need it. Change those first."}
	gone         = kind{"gone", 410, api.Gone, "Gone", "The environment was deleted, or that part of the past is beyond the audit's retention."}
	precondition = kind{"precondition-failed", 412, api.PreconditionFailed, "It was changed in the meantime", "If-Match or If-None-Match doesn't hold. current is the current version: get it, and decide again."}
	tooLarge     = kind{"too-large", 413, api.TooLarge, "Too large", "detail says what the limit is. Nothing was changed."}
	encoded      = kind{"unsupported-encoding", 415, api.Invalid, "Unsupported content encoding", "Send the body without Content-Encoding."}
	badSettings  = kind{"invalid-settings", 422, api.Invalid, "The settings can't be taken", "The server's file or environment has a setting that is unknown or makes no sense; detail says which. The server goes on with those it has."}
	invalid      = kind{"invalid-%", 422, api.Invalid, "The % can't be stored", "The body is well-formed, but its content is invalid. errors names everything that is wrong, by JSON pointer. Nothing was changed."}
	wrongScope   = kind{"unsupported-scope", 422, api.UnsupportedScope, "The verb doesn't take this scope", "The body is well-formed, but the verb takes no such scope, or only one at a time. errors says which scopes it takes. Nothing was changed."}
	rateLimited  = kind{"rate-limited", 429, api.RateLimited, "Too many requests", "The caller makes more requests than its limit, or has tried too many tokens. Wait for as many seconds as Retry-After says."}
	internal     = kind{"internal", 500, api.Internal, "Internal error", "The server's log says more, at the time of the request."}
	unavailable  = kind{"unavailable", 503, api.Unavailable, "Temporarily unavailable", "The store doesn't answer, or the server is shutting down. Try again. A change may have been made: read to find out."}
)

var kinds = []kind{malformed, truncated, badQuery, badRequest, unauthorized, crossOrigin, notAllowed, notFound, badMethod, unacceptable, exists,
	conflict, inUse, gone, precondition, tooLarge, encoded, badSettings, invalid, wrongScope, rateLimited, internal, unavailable}

// nouns are the kinds of bodies in the names and titles of problems.
var nouns = []string{"flag", "segment", "environment", "document", "token", "session", "webhook", "request"}

// kindOf returns the kind of a service's error: the last of that code, since what the API refuses itself comes first.
func kindOf(code api.Code) kind {
	for _, k := range slices.Backward(kinds) {
		if k.code == code {
			return k
		}
	}
	return internal
}

// refusal is an error that the API makes itself: of a request that the service has not seen.
type refusal struct {
	api.ProblemDocument
	code api.Code
}

func (r *refusal) Error() string { return r.ProblemDocument.Error() }

// of returns an error of this kind about a noun.
func (k kind) of(noun, detail string) *refusal {
	if noun == "" {
		noun = "request"
	}
	return &refusal{api.ProblemDocument{Type: "/problems/" + k.called(k.name, noun), Title: k.called(k.title, noun), Status: k.status, Detail: detail}, k.code}
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
	e.Errors = api.Problems(failed)
	return e
}

// unreadableAt returns an error for one place in a body.
func unreadableAt(noun, pointer, detail, hint string) error {
	e := malformed.of(noun, "")
	e.Errors = []api.Problem{{Pointer: pointer, Detail: detail, Hint: hint}}
	return e
}

func tooOften(wait time.Duration) error {
	e := rateLimited.of("", "")
	e.RetryAfter = seconds(wait)
	return e
}

func tooManyGuesses(wait time.Duration) error {
	e := rateLimited.of("", "too many requests from this address had a token that doesn't exist")
	e.RetryAfter = seconds(wait)
	return e
}

// problem returns what to tell the caller about an error. This is the only place where errors become statuses.
// Why: RATIONALE.md "Why does a bad body get 400 in some cases, and 422 in others?"
func (c *call) problem(err error) *api.ProblemDocument {
	var refused *refusal
	if errors.As(err, &refused) {
		return &refused.ProblemDocument
	}
	code := controlplane.CodeOf(err)
	e := &kindOf(code).of(c.route.noun, "").ProblemDocument
	switch {
	case errors.Is(err, store.ErrNoSpace):
		e.RetryAfter = 60 // somebody has to make room first
	case code == api.Unavailable:
		e.RetryAfter = 1
	}
	var failed *api.Error
	if !errors.As(err, &failed) || code == api.Internal {
		return e
	}
	e.Detail, e.Users, e.Current = failed.Message, failed.Users, failed.Current
	e.Errors = api.Problems(failed.Problems)
	key := c.param("key")
	for i := range e.Errors {
		if p := &e.Errors[i]; key != "" && (p.Flag == key || p.Segment == key) {
			p.Flag, p.Segment = "", "" // the caller knows which one it is
		}
	}
	if len(e.Errors) > 0 {
		e.Detail = "" // the errors say it all
	}
	return e
}

// refuse answers a request that fails, and records a refused change. Changes that reached a verb are recorded there.
func (c *call) refuse(err error) {
	var failed *ofrepError
	if errors.As(err, &failed) {
		_ = c.blob(failed.status, "application/json", failed.append(nil))
		return
	}
	e := c.problem(err)
	if e.Status >= http.StatusInternalServerError && c.context().Err() == nil {
		c.api.log.Error("a request failed", "method", c.Request().Method, "path", c.Request().URL.Path, "status", e.Status, "error", err)
	}
	var refused *refusal
	if c.route.action != "" && errors.As(err, &refused) { // what the service refuses, it has recorded itself
		c.record(refused)
	}
	if c.Response().Committed {
		return
	}
	h := c.Response().Header()
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	if e.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="gonfalon"`)
	}
	if isOFREP(c.Request().URL.Path) && (c.route.handle != nil || e.Status != http.StatusNotFound) { // an address that isn't OFREP's has no form of OFREP's
		c.refuseOFREP(e)
		return
	}
	var document any = e
	if isManifest(c.Request().URL.Path) && c.route.handle != nil {
		document = manifestErrorOf(e)
	}
	data, _ := json.Marshal(document) // strings and numbers can't fail
	_ = c.blob(e.Status, "application/problem+json", append(data, '\n'))
}

// record keeps a change that the API refused on record.
func (c *call) record(r *refusal) {
	detail := cmp.Or(r.Detail, r.Title)
	if len(r.Errors) > 0 {
		detail += ": " + r.Errors[0].String()
	}
	c.service().RecordFailure(c.context(), api.FailedWrite{
		Environment: c.env, By: c.by(), OnBehalfOf: c.onBehalfOf, Token: c.token.ID, Reason: c.reason, Action: c.route.action, Key: c.param("key"), Code: r.code, Detail: detail,
	})
}

// describeProblem explains a kind of problem.
func (c *call) describeProblem() error {
	name := c.param("name")
	for _, k := range kinds {
		for _, noun := range nouns {
			if k.called(k.name, noun) == name {
				return c.blob(http.StatusOK, "text/plain; charset=utf-8", []byte(k.called(k.title, noun)+" ("+strconv.Itoa(k.status)+")\n\n"+k.text+"\n"))
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
