package apiclient

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// Error is what the control plane says of a request that it refused. Every failing call returns one, or what the
// network said.
type Error = api.ProblemDocument

// UnreadableError is the error of a response that says success, and isn't what a control plane answers. Something else may be
// at the address.
type UnreadableError struct {
	Request string // such as "GET /v1/envs"
	Err     error  // what is wrong with it
}

// Error returns what is wrong, and with the answer to what.
func (e *UnreadableError) Error() string {
	return "apiclient: reading the answer to " + e.Request + ": " + e.Err.Error()
}

// Unwrap returns what is wrong.
func (e *UnreadableError) Unwrap() error { return e.Err }

// maxErrorBytes is how much of an error response is read. Problem documents are small, unless a set has thousands of
// problems.
const maxErrorBytes = 4 << 20

// readError turns a response into an error. The response may come from a proxy, which doesn't write problem documents.
func readError(answer *http.Response) error {
	e := &Error{Status: answer.StatusCode}
	data, _ := io.ReadAll(io.LimitReader(answer.Body, maxErrorBytes))
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if kind != "application/problem+json" || json.Unmarshal(data, e) != nil || e.Title == "" {
		*e = Error{Status: answer.StatusCode, Title: fmt.Sprintf("the server answered %s", answer.Status)}
	}
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil {
		e.RetryAfter = seconds
	} else if at, err := http.ParseTime(answer.Header.Get("Retry-After")); err == nil {
		e.RetryAfter = max(int(time.Until(at).Seconds()), 0)
	}
	return e
}
