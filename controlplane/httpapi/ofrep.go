package httpapi

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine"
)

// decider is the working memory of one OFREP request.
type decider struct {
	body     []byte
	subject  subject
	scratch  engine.Scratch
	decision engine.Decision
	all      []engine.Decision
	usage    [1]controlplane.FlagUsage
	answer   []byte
}

var deciders = sync.Pool{New: func() any { return new(decider) }}

// maxKept bounds how much memory a pooled decider keeps. The response for 10,000 flags takes about a megabyte.
const maxKept = 2 << 20

func (d *decider) release() {
	d.subject.forget()
	if cap(d.body)+cap(d.answer) <= maxKept {
		deciders.Put(d)
	}
}

// evaluateOne is OFREP's evaluation of one flag.
func (x *call) evaluateOne() error {
	d := deciders.Get().(*decider)
	defer d.release()
	snapshot, err := x.begin(d)
	if err != nil {
		return err
	}
	key := x.param("key")
	i := snapshot.Find(key)
	if i < 0 {
		return &ofrepError{http.StatusNotFound, key, "FLAG_NOT_FOUND", "there is no flag " + quote(key) + " in the environment " + quote(x.env)}
	}
	now := x.api.config.Clock()
	in := &d.subject.input
	in.Now, in.Roll = now.UnixMicro(), rand.Uint64()
	snapshot.Decide(i, in, &d.scratch, &d.decision)
	x.api.metrics.single.Inc()
	d.usage[0] = controlplane.FlagUsage{Flag: snapshot.Key(i), Last: now, Count: 1}
	if err := x.service().ReportUsage(x.context(), x.env, d.usage[:]); err != nil {
		x.api.log.Debug("usage was not counted", "environment", x.env, "error", err)
	}
	if lacksKey(&d.decision) {
		return &ofrepError{http.StatusBadRequest, key, "TARGETING_KEY_MISSING", needsKey}
	}
	d.answer = appendEvaluation(d.answer[:0], snapshot.Key(i), &d.decision, x.token.Role != controlplane.RoleClient)
	return x.blob(http.StatusOK, "application/json", d.answer)
}

// begin reads the context and finds the snapshot to decide by.
func (x *call) begin(d *decider) (*engine.Snapshot, error) {
	body, err := x.body(d.body[:0])
	if err != nil {
		return nil, err
	}
	d.body = body
	if err := d.subject.read(body); err != nil {
		err.key = x.param("key")
		return nil, err
	}
	s, err := x.service().Snapshot(x.context(), x.env)
	if err != nil {
		return nil, err
	}
	return s.Engine()
}

const needsKey = "the flag has variants, and which one is served depends on the targetingKey"

// lacksKey reports whether the flag's value depends on a targeting key that is missing. A flag without variants always has a value: gates
// that need the key don't match.
// Why: RATIONALE.md "Why does OFREP answer TARGETING_KEY_MISSING for some flags, and false for others?"
func lacksKey(d *engine.Decision) bool {
	return d.Variants && d.VariantIndex < 0 && d.Reason != engine.ReasonKilled
}

// appendEvaluation appends a decision in OFREP's form. A missing value means the caller's default, and so does the reason DISABLED. A killed
// flag that has a value never gets that reason, because clients would then ignore the value. A segment or a parent is part of a rule, so
// only callers that may read rules see its name.
// Why: RATIONALE.md "Why does OFREP tell a browser less about gates than a server?"
func appendEvaluation(dst []byte, key string, d *engine.Decision, rules bool) []byte {
	dst = append(dst, `{"key":`...)
	dst = appendText(dst, key)
	killed := d.Reason == engine.ReasonKilled
	reason := ""
	switch {
	case d.VariantIndex >= 0:
		dst = append(dst, `,"value":`...)
		if d.Payload != "" {
			dst = append(dst, d.Payload...)
		} else {
			dst = appendText(dst, d.Variant)
		}
		dst = append(dst, `,"variant":`...)
		dst = appendText(dst, d.Variant)
		reason = "SPLIT"
		if killed {
			reason = "STATIC"
		}
	case killed && d.Variants:
		reason = "DISABLED"
	default:
		dst = append(dst, `,"value":`...)
		dst = strconv.AppendBool(dst, d.Enabled)
		reason = plainReason(d.Reason)
	}
	dst = append(dst, `,"reason":"`...)
	dst = append(dst, reason...)
	dst = append(dst, `","metadata":{"enabled":`...)
	dst = strconv.AppendBool(dst, d.Enabled)
	if d.Gate != engine.GateNone {
		dst = append(dst, `,"gate":`...)
		gate := d.Gate.String()
		if d.Target != "" && (rules || d.Gate == engine.GateActor || d.Gate == engine.GateGroup) {
			gate += "/" + d.Target
		}
		dst = appendText(dst, gate)
	}
	if killed {
		dst = append(dst, `,"killed":true`...)
	}
	return append(dst, "}}"...)
}

// plainReason returns OpenFeature's word for why a flag without variants is on or off.
func plainReason(r engine.Reason) string {
	switch r {
	case engine.ReasonStatic, engine.ReasonKilled:
		return "STATIC"
	case engine.ReasonTargetingMatch:
		return "TARGETING_MATCH"
	case engine.ReasonSplit:
		return "SPLIT"
	}
	return "DEFAULT"
}

// appendText appends a JSON string. Most keys and names need no escapes.
func appendText(dst []byte, s string) []byte {
	start := len(dst)
	dst = append(dst, '"')
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return appendQuoted(dst[:start], s)
		}
	}
	dst = append(dst, s...)
	return append(dst, '"')
}

// ofrepError is an evaluation that fails with one of the protocol's error codes.
type ofrepError struct {
	status  int
	key     string
	code    string
	details string
}

func (e *ofrepError) Error() string { return e.code + ": " + e.details }

func (e *ofrepError) append(dst []byte) []byte {
	dst = append(dst, '{')
	if e.key != "" {
		dst = appendText(append(dst, `"key":`...), e.key)
		dst = append(dst, ',')
	}
	dst = append(dst, `"errorCode":"`...)
	dst = append(dst, e.code...)
	dst = append(dst, `","errorDetails":`...)
	return append(appendText(dst, e.details), '}')
}

// refuseOFREP answers an error in the protocol's form. A caller that is not allowed to ask, or asks too often, gets only the status.
func (x *call) refuseOFREP(e *apiclient.Error) {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		x.Response().WriteHeader(e.Status)
		return
	case http.StatusBadRequest, http.StatusNotFound:
		failed := ofrepError{http.StatusBadRequest, x.param("key"), "GENERAL", sentence(e)}
		_ = x.blob(failed.status, "application/json", failed.append(nil))
		return
	}
	body := appendText([]byte(`{"errorDetails":`), sentence(e))
	_ = x.blob(e.Status, "application/json", append(body, '}'))
}

func sentence(e *apiclient.Error) string {
	if e.Detail != "" {
		return e.Detail
	}
	return e.Title
}
