package httpapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

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
	if int(loaded.Len()) > cap(d.all) {
		d.all = make([]engine.Decision, loaded.Len())
	}
	d.all = d.all[:loaded.Len()]
	loaded.EvaluateAll(nil, in, &d.scratch, d.all)
	tag, bad := c.bulkTag(d, loaded)
	if bad != nil {
		return bad
	}
	if c.tag(tag) {
		return nil
	}
	in.Roll = rand.Uint64()
	loaded.EvaluateAll(nil, in, &d.scratch, d.all)
	c.api.metrics.bulk.Add(float64(len(d.all)))

	rules := c.token.Role != api.RoleClient
	out := append(d.answer[:0], `{"flags":[`...)
	for i := range d.all {
		if i > 0 {
			out = append(out, ',')
		}
		key := loaded.Key(int32(i))
		if lacksKey(&d.all[i]) {
			out = (&ofrepError{key: key, code: "TARGETING_KEY_MISSING", details: needsKey}).append(out)
			continue
		}
		out = appendEvaluation(out, key, &d.all[i], rules)
	}
	out = append(out, `],"metadata":{"flagSetId":`...)
	out = appendText(out, c.env)
	out = append(out, `,"version":"`...)
	out = strconv.AppendInt(out, loaded.Revision(), 10)
	out = append(out, `"},"eventStreams":[{"type":"sse","endpoint":{"requestUri":`...)
	out = appendText(out, c.eventsAddress(loaded))
	out = append(out, `},"inactivityDelaySec":`+inactivityDelay+`}]}`...)
	d.answer = out
	c.Response().Header()["Cache-Control"] = []string{"private, no-cache"}
	return c.blob(http.StatusOK, "application/json", out)
}

// bulkTag returns the entity tag of the decisions in d.all.
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
	packed := make([]byte, 0, 8*len(d.all))
	for i := range d.all {
		packed = binary.BigEndian.AppendUint32(packed, d.all[i].Pack())
		packed = binary.BigEndian.AppendUint32(packed, uint32(d.all[i].VariantIndex))
	}
	part(packed)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18]), nil
}

// eventsAddress returns the address at which a page learns of changes, below the path that the API is mounted on. A
// page can't send a token there. Instead the lineage lets it in, which is random and given only to clients allowed to
// evaluate. The page learns that something changed, not what.
// Why: RATIONALE.md "Why may a page listen to OFREP's event stream without a token?"
func (c *call) eventsAddress(loaded *engine.Snapshot) string {
	path, _, _ := strings.Cut(c.Request().RequestURI, "?")
	base := strings.TrimSuffix(strings.TrimSuffix(path, "/"), "/ofrep/v1/evaluate/flags")
	return base + "/ofrep/v1/events?channel=" + hex.EncodeToString([]byte(loaded.Lineage()))
}

// events tells a page to evaluate again on each change. It also does so at the start, because a page can't say what it
// has, unless the page resumes.
func (c *call) events() error {
	channel := c.QueryParam("channel")
	for _, e := range c.service().Status().Environments {
		if subtle.ConstantTimeCompare([]byte(e.Lineage), []byte(channel)) == 1 {
			c.env = e.Key
		}
	}
	if c.env == "" {
		return notFound.of("", "there is no such channel")
	}
	after, _ := engine.ParsePosition(c.lastEventID())
	s, ctx, err := c.openStream(":\n\n")
	if err != nil {
		return err
	}
	defer s.close()
	if s.send(":\n\n") != nil {
		return nil
	}
	for frame, err := range c.service().Watch(ctx, c.env, after) {
		if err != nil {
			return nil
		}
		id := frame.Position().String()
		if s.send("event: message\nid: ", id, "\ndata: {\"type\":\"refetchEvaluation\",\"etag\":\"", id, "\",\"lastModified\":", strconv.FormatInt(time.Now().Unix(), 10), "}\n\n") != nil {
			return nil
		}
	}
	return nil
}
