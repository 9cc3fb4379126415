package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// query reads for whom and when to decide.
func (c *call) query() (api.Query, error) {
	if err := c.params().err(); err != nil {
		return api.Query{}, err
	}
	d, err := document[api.Query](c)
	if err == nil && d.Revision != 0 && !d.Time.IsZero() {
		err = unreadableAt("request", "/time", "revision and time exclude each other", "give one of the two")
	}
	return d, err
}

func (c *call) evaluate() error {
	q, err := c.query()
	if err != nil {
		return err
	}
	e, err := c.service().Evaluate(c.context(), c.env, c.param("key"), q)
	if err != nil {
		return err
	}
	c.api.metrics.evaluations.WithLabelValues("evaluate").Inc()
	return c.answer(http.StatusOK, e)
}

func (c *call) explain() error {
	q, err := c.query()
	if err != nil {
		return err
	}
	e, err := c.service().Explain(c.context(), c.env, c.param("key"), q)
	if err != nil {
		return err
	}
	c.api.metrics.evaluations.WithLabelValues("explain").Inc()
	return c.answer(http.StatusOK, e)
}

// proposal is an api.Proposal whose flag is read later, so that the flag's problems can say where they are.
type proposal struct {
	Flag   json.RawMessage `json:"flag"`
	Delete bool            `json:"delete"`
	Actors actors          `json:"actors"`
	Now    time.Time       `json:"now"`
	Limit  int             `json:"limit"`
}

// actors is the list of a proposal's actors.
type actors []who

// UnmarshalJSON reads the list, and stops at its limits.
func (a *actors) UnmarshalJSON(data []byte) error {
	if bytes.Count(data, []byte{','})+bytes.Count(data, []byte{'['}) > maxActorValues {
		return tooManyActors
	}
	items := json.NewDecoder(bytes.NewReader(data))
	if open, err := items.Token(); err != nil || open != json.Delim('[') {
		return json.Unmarshal(data, (*[]who)(a)) // null, or an error
	}
	for items.More() {
		if len(*a) == controlplane.MaxActors {
			return tooManyActors
		}
		var w who
		if err := items.Decode(&w); err != nil {
			return err
		}
		*a = append(*a, w)
	}
	return nil
}

// maxActorValues bounds the values of all actors' contexts, which take about 50 bytes each.
const maxActorValues = 1_000_000

var tooManyActors = &flagset.InvalidError{Problems: []flagset.Problem{{
	Pointer: "/actors", Detail: fmt.Sprintf("a preview compares at most %d actors, with %d values in all", controlplane.MaxActors, maxActorValues),
}}}

// who is one actor of a proposal: a query or, for short, a string.
type who api.Query

// UnmarshalJSON reads either form.
func (w *who) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		w.Actor = new(string)
		return json.Unmarshal(data, w.Actor)
	}
	return strict(data).Decode((*api.Query)(w))
}

func (c *call) preview() error {
	if err := c.params().err(); err != nil {
		return err
	}
	d, err := document[proposal](c)
	if err != nil {
		return err
	}
	flag, problems := flagset.ParseFlag(d.Flag, api.FlagInfoFields...)
	for i := range problems {
		problems[i].Pointer = "/flag" + problems[i].Pointer
	}
	if err := unreadable("request", problems); err != nil {
		return err
	}
	if flag.Key == "" {
		return unreadableAt("request", "/flag/key", `"key" is missing`, "")
	}
	if d.Limit < 0 {
		return unreadableAt("request", "/limit", "limit must be 0 or more", "")
	}
	p := api.Proposal{Flag: flag, Delete: d.Delete, Now: d.Now, Limit: d.Limit}
	for _, actor := range d.Actors {
		p.Actors = append(p.Actors, api.Query(actor))
	}
	preview, err := c.service().Preview(c.context(), c.env, p)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, preview)
}
