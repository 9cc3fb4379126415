package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"strconv"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// inactivityDelay is how many seconds a page must be hidden before it may drop its event stream.
const inactivityDelay = "120"

// evaluateAll is OFREP's evaluation of every flag, for clients that keep the answers.
//
// The entity tag covers the snapshot's id, the token, the context, and the decisions at this time. So a schedule that
// opens changes the tag, even though no revision did. Chance is a constant for the tag: percentages of time don't
// change it, and are drawn again only when something else has changed.
// Why: RATIONALE.md "Why does the bulk evaluation's ETag ignore percentages of time?"
func (c *call) evaluateAll() error {
	d := evaluations.Get().(*evaluation)
	defer d.release()
	loaded, err := c.begin(d)
	if err != nil {
		return err
	}
	in := &d.subject.input
	in.Now, in.Roll = c.api.config.Clock().UnixMicro(), 0
	tag, bad := c.bulkTag(d, loaded)
	if bad != nil {
		return bad
	}
	if c.tag(tag) {
		return nil
	}
	in.Roll = rand.Uint64()
	rules := c.token.Role != api.RoleClient
	out := append(d.answer[:0], `{"flags":[`...)
	for i := range loaded.Len() {
		if i > 0 {
			out = append(out, ',')
		}
		failed := d.decide(loaded, i)
		if failed == nil && lacksKey(&d.decision) {
			failed = &ofrepError{code: "TARGETING_KEY_MISSING", details: needsKey}
		}
		if failed != nil {
			failed.key = loaded.Key(i)
			out = failed.append(out)
			continue
		}
		out = appendEvaluation(out, loaded, i, &d.decision, rules)
	}
	c.api.metrics.bulk.Add(float64(loaded.Len()))
	out = append(out, `],"metadata":{"flagSetId":`...)
	out = appendText(out, c.env)
	out = append(out, `,"version":"`...)
	out = strconv.AppendInt(out, loaded.Revision(), 10)
	out = append(out, `"},"eventStreams":[{"type":"sse","endpoint":{`...)
	out = c.appendEvents(out)
	out = append(out, `},"inactivityDelaySec":`+inactivityDelay+`}]}`...)
	d.answer = out
	c.Response().Header()["Cache-Control"] = []string{"private, no-cache"}
	return c.blob(http.StatusOK, "application/json", out)
}

// maxSteps bounds the steps of one bulk evaluation: about 65 ms of them. A context whose long attributes make
// every flag's rules read them could take minutes otherwise.
const maxSteps = 16 * engine.MaxSteps

// bulkTag decides every flag, and returns the entity tag of the decisions. It refuses a context that takes too long.
func (c *call) bulkTag(d *evaluation, loaded *engine.Snapshot) (string, *ofrepError) {
	context := []byte("{}")
	if d.subject.context != "" {
		canonical, err := flagset.CanonicalJSON([]byte(d.subject.context))
		if err != nil {
			return "", invalidContext(err.Error())
		}
		context = canonical
	}
	h := sha256.New()
	part := func(b []byte) { // each part follows its length, so that no two lists of parts look the same
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	part([]byte(loaded.ID()))
	part([]byte(c.token.ID))
	part(context)
	packed := make([]byte, 0, 8*loaded.Len())
	steps := 0
	for i := range loaded.Len() {
		if d.decide(loaded, i) != nil {
			d.decision = engine.Decision{} // its answer only depends on the context
		}
		packed = binary.BigEndian.AppendUint32(packed, d.decision.Pack())
		packed = binary.BigEndian.AppendUint32(packed, uint32(d.decision.VariantIndex))
		if steps += d.scratch.Steps(); steps > maxSteps {
			return "", invalidContext("the flags' rules take too long on such long attributes")
		}
	}
	part(packed)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18]), nil
}
