package httpapi

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine"
)

// evaluation is the working memory of one OFREP request.
type evaluation struct {
	body     []byte
	subject  evaluationContext
	scratch  engine.Scratch
	decision engine.Decision
	named    []string // the actor's groups that a flag names
	usage    [1]controlplane.FlagUsage
	answer   []byte
}

var evaluations = sync.Pool{New: func() any { return new(evaluation) }}

// maxKept bounds how much memory a pooled evaluation keeps. The response for 10,000 flags takes about a megabyte.
const maxKept = 2 << 20

func (d *evaluation) release() {
	d.subject.forget()
	if cap(d.body)+cap(d.answer) <= maxKept {
		evaluations.Put(d)
	}
}

// evaluateOne is OFREP's evaluation of one flag.
func (c *call) evaluateOne() error {
	d := evaluations.Get().(*evaluation)
	defer d.release()
	snapshot, err := c.begin(d)
	if err != nil {
		return err
	}
	key := c.param("key")
	i := snapshot.Find(key)
	if i < 0 {
		return &ofrepError{http.StatusNotFound, key, "FLAG_NOT_FOUND", "there is no flag " + quote(key) + " in the environment " + quote(c.env)}
	}
	now := c.api.config.Clock()
	in := &d.subject.input
	in.Now, in.Roll = now.UnixMicro(), rand.Uint64()
	if err := d.decide(snapshot, i); err != nil {
		err.key = key
		return err
	}
	c.api.metrics.single.Inc()
	d.usage[0] = controlplane.FlagUsage{Flag: snapshot.Key(i), Last: now, Count: 1, Told: true}
	if d.decision.Enabled {
		d.usage[0].On = 1
	}
	if err := c.service().ReportUsage(c.context(), c.env, d.usage[:]); err != nil {
		c.api.log.Debug("usage was not counted", "environment", c.env, "error", err)
	}
	if lacksKey(&d.decision) {
		return &ofrepError{http.StatusBadRequest, key, "TARGETING_KEY_MISSING", needsKey}
	}
	d.answer = appendEvaluation(d.answer[:0], snapshot, i, &d.decision, c.token.Role != api.RoleClient)
	return c.blob(http.StatusOK, "application/json", d.answer)
}

// begin reads the context and finds the snapshot to decide by.
func (c *call) begin(d *evaluation) (*engine.Snapshot, error) {
	body, err := c.body(d.body[:0])
	if err != nil {
		return nil, err
	}
	d.body = body
	if err := d.subject.read(body); err != nil {
		err.key = c.param("key")
		return nil, err
	}
	s, err := c.service().Snapshot(c.context(), c.env)
	if err != nil {
		return nil, err
	}
	return s.Engine()
}

// decide decides flag i into d.decision. Of many groups, only those that the flag names count.
func (d *evaluation) decide(s *engine.Snapshot, i int32) *ofrepError {
	in := &d.subject.input
	if len(d.subject.groups) > engine.MaxGroups {
		if in.Groups = d.groupsOf(s, i); len(in.Groups) > engine.MaxGroups {
			return invalidContext("the actor is in more than " + strconv.Itoa(engine.MaxGroups) + " of the groups that the flag names")
		}
	}
	s.EvaluateAt(i, in, &d.scratch, &d.decision)
	return nil
}

// groupsOf returns those of the actor's groups that deciding flag i can ask for.
func (d *evaluation) groupsOf(s *engine.Snapshot, i int32) []string {
	n := s.Groups(i, &d.scratch, d.named[:cap(d.named)])
	if int(n) > cap(d.named) {
		d.named = make([]string, n)
		n = s.Groups(i, &d.scratch, d.named)
	}
	d.named = slices.DeleteFunc(d.named[:n], func(name string) bool { return !d.subject.in(name) })
	return d.named
}

const needsKey = "the flag has variants, and which one is served depends on the targetingKey"

// lacksKey reports whether the flag's value depends on a targeting key that is missing. A flag without variants always
// has a value: gates that need the key don't match.
// Why: RATIONALE.md "Why does OFREP answer TARGETING_KEY_MISSING for some flags, and false for others?"
func lacksKey(d *engine.Decision) bool {
	return d.Variants && d.VariantIndex < 0 && d.Reason != engine.ReasonKilled
}

// appendEvaluation appends a decision in OFREP's form. A missing value means the caller's default, and so does the
// reason DISABLED. A killed flag that has a value never gets that reason, because clients would then ignore the value.
// Every answer has a variant, since some clients read it without looking whether it is there.
// A segment or a parent is part of a rule, so only callers that may read rules see its name.
// Why: RATIONALE.md "Why does OFREP tell a browser less about gates than a server?"
func appendEvaluation(dst []byte, s *engine.Snapshot, i int32, d *engine.Decision, rules bool) []byte {
	dst = append(dst, `{"key":`...)
	dst = appendText(dst, s.Key(i))
	killed := d.Reason == engine.ReasonKilled
	reason := ""
	switch {
	case d.VariantIndex >= 0:
		dst = append(dst, `,"value":`...)
		switch {
		case d.Payload == "":
			dst = appendText(dst, d.Variant)
		case isInteger(d.Payload) && s.HasFloats(i):
			dst = append(append(dst, d.Payload...), ".0"...)
		default:
			dst = append(dst, d.Payload...)
		}
		dst = append(dst, `,"variant":`...)
		dst = appendText(dst, d.Variant)
		reason = "SPLIT"
		if killed {
			reason = "STATIC"
		}
	case killed && d.Variants:
		dst = append(dst, `,"variant":""`...)
		reason = "DISABLED"
	case d.Enabled:
		dst = append(dst, `,"value":true,"variant":"on"`...)
		reason = controlplane.ReasonName(d.Reason)
	default:
		dst = append(dst, `,"value":false,"variant":"off"`...)
		reason = controlplane.ReasonName(d.Reason)
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

// isInteger reports whether a payload is a number without a fraction.
func isInteger(payload string) bool {
	return strings.Trim(payload, "-0123456789") == ""
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

// refuseOFREP answers an error in the protocol's form.
// Why: RATIONALE.md "Why do OFREP's 401, 403 and 429 have a body?"
func (c *call) refuseOFREP(e *api.ProblemDocument) {
	if e.Status == http.StatusBadRequest || e.Status == http.StatusNotFound {
		failed := ofrepError{http.StatusBadRequest, c.param("key"), "GENERAL", sentence(e)}
		_ = c.blob(failed.status, "application/json", failed.append(nil))
		return
	}
	body := appendText([]byte(`{"errorDetails":`), sentence(e))
	_ = c.blob(e.Status, "application/json", append(body, '}'))
}

func sentence(e *api.ProblemDocument) string {
	if e.Detail != "" {
		return e.Detail
	}
	return e.Title
}
