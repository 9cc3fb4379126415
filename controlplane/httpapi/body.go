package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// believed is how much memory is reserved for a body whose length is only announced.
const believed = arrivingStep

// body reads the whole body, up to the route's limit, and appends it to into.
func (c *call) body(into []byte) ([]byte, error) {
	r := c.Request()
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, encoded.of("", "")
	}
	limit := c.route.limit
	if r.ContentLength > limit {
		return nil, oversized(limit)
	}
	if into == nil {
		into = make([]byte, 0, min(max(r.ContentLength, 512), believed)+1)
	}
	for {
		if len(into) == cap(into) {
			more := max(int64(len(into)), 512) // twice as much, but no more than was announced
			if announced := r.ContentLength + 1 - more; announced > 0 {
				more = min(more, announced)
			}
			into = slices.Grow(into, int(more))
		}
		n, err := r.Body.Read(into[len(into):cap(into)])
		into = into[:len(into)+n]
		if err := c.arrive(len(into)); err != nil {
			return nil, err
		}
		switch {
		case int64(len(into)) > limit:
			return nil, oversized(limit)
		case err == io.EOF:
			return into, c.parse(len(into), c.route.factor())
		case err != nil:
			return nil, truncated.of("", "")
		}
	}
}

func oversized(limit int64) error {
	return tooLarge.of("", "the body exceeds the limit of "+strconv.FormatInt(limit, 10)+" bytes")
}

// document reads a JSON body strictly: unknown members are errors, and so is anything after the document.
func document[T any](c *call) (T, error) {
	var d T
	data, err := c.body(nil)
	if err != nil {
		return d, err
	}
	return d, c.decode(data, &d)
}

// strict returns a decoder that keeps every digit and refuses unknown members.
func strict(data []byte) *json.Decoder {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	d.UseNumber()
	return d
}

func (c *call) decode(data []byte, into any) error {
	noun := c.route.noun
	reader := strict(data)
	err := reader.Decode(into)
	if err == nil {
		if _, err := reader.Token(); !errors.Is(err, io.EOF) {
			return unreadableAt(noun, "", "there is more text after the document, at byte "+strconv.FormatInt(reader.InputOffset(), 10), "")
		}
		return nil
	}
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var inside *flagset.InvalidError
	switch unknown, found := strings.CutPrefix(err.Error(), "json: unknown field "); {
	case blank(data):
		return unreadableAt(noun, "", "the body is empty", "send a JSON object")
	case errors.As(err, &kind):
		pointer := ""
		if kind.Field != "" {
			pointer = "/" + strings.ReplaceAll(kind.Field, ".", "/")
		}
		return unreadableAt(noun, pointer, "this is a JSON "+kind.Value+", which doesn't fit here", "")
	case errors.As(err, &inside):
		return unreadable(noun, inside.Problems)
	case found:
		name := strings.Trim(unknown, `"`)
		return unreadableAt(noun, "/"+name, "there is no field "+quote(name), "")
	case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF):
		return unreadableAt(noun, "", "this is not JSON: "+err.Error(), "")
	}
	return unreadableAt(noun, "", strings.TrimPrefix(err.Error(), "json: "), "")
}

// writeMembers holds the members that the body of any change may have besides its own.
type writeMembers struct {
	Reason       string `json:"reason"`
	AllowMissing bool   `json:"allow_missing"`
}

// writeMemberNames lists the names of these members.
var writeMemberNames = []string{"reason", "allow_missing"}

// options returns the options of a change, from its body, its query and its headers.
func (c *call) options(w writeMembers, dryRun bool) (controlplane.WriteOptions, error) {
	c.reason = w.Reason
	o := controlplane.WriteOptions{
		By: c.by(), OnBehalfOf: c.onBehalfOf, Token: c.token.ID, KeepSettings: !c.token.Allows(mayAdmin, c.env),
		Reason: w.Reason, AllowMissing: w.AllowMissing, DryRun: dryRun,
	}
	match, err := tags(c.Request().Header.Get("If-Match"), "If-Match")
	if err != nil {
		return o, err
	}
	o.IfMatch = match
	switch absent := strings.TrimSpace(c.Request().Header.Get("If-None-Match")); absent {
	case "":
	case "*":
		o.IfAbsent = true
	default:
		return o, badRequest.of("", "a change accepts only If-None-Match: *, which means that it must not exist")
	}
	return o, nil
}

// optionsIn reads the options of a change. From the body it reads only the members that every change may have.
func (c *call) optionsIn(body []byte) (controlplane.WriteOptions, error) {
	q := c.params()
	dryRun := q.truth("dry_run")
	if err := q.err(); err != nil {
		return controlplane.WriteOptions{}, err
	}
	var w writeMembers
	var kind *json.UnmarshalTypeError
	if err := json.Unmarshal(body, &w); errors.As(err, &kind) && kind.Field != "" {
		return controlplane.WriteOptions{}, unreadableAt(c.route.noun, "/"+kind.Field, "this is a JSON "+kind.Value+", which doesn't fit here", "")
	}
	return c.options(w, dryRun)
}

// deleteOptions reads the options of a DELETE, from its query or, as for other changes, from a body.
func (c *call) deleteOptions() (confirm string, o controlplane.WriteOptions, err error) {
	q := c.params()
	confirm = q.text("confirm")
	said := struct {
		Reason  string `json:"reason"`
		Confirm string `json:"confirm"`
	}{q.text("reason"), confirm}
	dryRun := q.truth("dry_run")
	if err := q.err(); err != nil {
		return "", o, err
	}
	data, err := c.body(nil)
	if err != nil {
		return "", o, err
	}
	if !blank(data) {
		if err := c.decode(data, &said); err != nil {
			return "", o, err
		}
	}
	o, err = c.options(writeMembers{Reason: said.Reason}, dryRun)
	return said.Confirm, o, err
}

// created is the status of an answer to a request that makes something: a dry run makes nothing.
func created(o controlplane.WriteOptions) int {
	if o.DryRun {
		return http.StatusOK
	}
	return http.StatusCreated
}

// by returns who makes the request, for the audit.
func (c *call) by() string {
	if c.token.Name != "" {
		return c.token.Name
	}
	return c.token.ID
}

// tags reads a list of entity tags. A weak one counts as the strong one, since a proxy that compresses our answers makes
// our tags weak, and they name a version whatever its coding.
func tags(list, header string) ([]string, error) {
	var versions []string
	for list = strings.TrimSpace(list); list != ""; {
		var one string
		one, list, _ = strings.Cut(list, ",")
		one, list = strings.TrimPrefix(strings.TrimSpace(one), "W/"), strings.TrimSpace(list)
		switch {
		case one == "*":
			versions = append(versions, "*")
		case len(one) > 2 && one[0] == '"' && one[len(one)-1] == '"':
			versions = append(versions, one[1:len(one)-1])
		default:
			return nil, badRequest.of("", header+" must be * or versions in double quotes, as returned in ETag")
		}
	}
	return versions, nil
}

func blank(data []byte) bool { return len(bytes.TrimSpace(data)) == 0 }
