package httpapi

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// query reads for whom and when to decide.
func (x *call) query() (api.Query, error) {
	if err := x.params().err(); err != nil {
		return api.Query{}, err
	}
	d, err := document[api.Query](x)
	if err == nil && d.Revision != 0 && !d.Time.IsZero() {
		err = unreadableAt("request", "/time", "revision and time exclude each other", "give one of the two")
	}
	return d, err
}

func (x *call) evaluate() error {
	q, err := x.query()
	if err != nil {
		return err
	}
	e, err := x.service().Evaluate(x.context(), x.env, x.param("key"), q)
	if err != nil {
		return err
	}
	x.api.metrics.evaluations.WithLabelValues("evaluate").Inc()
	return x.answer(http.StatusOK, e)
}

func (x *call) explain() error {
	q, err := x.query()
	if err != nil {
		return err
	}
	e, err := x.service().Explain(x.context(), x.env, x.param("key"), q)
	if err != nil {
		return err
	}
	x.api.metrics.evaluations.WithLabelValues("explain").Inc()
	return x.answer(http.StatusOK, e)
}

// proposal is an api.Proposal whose flag is read later, so that the flag's problems can say where they are.
type proposal struct {
	Flag   json.RawMessage `json:"flag"`
	Delete bool            `json:"delete"`
	Actors []who           `json:"actors"`
	Sample int             `json:"sample"`
	Now    time.Time       `json:"now"`
	Limit  int             `json:"limit"`
}

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

func (x *call) preview() error {
	if err := x.params().err(); err != nil {
		return err
	}
	d, err := document[proposal](x)
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
	if d.Sample < 0 || d.Limit < 0 {
		return unreadableAt("request", "/sample", "sample and limit must be 0 or more", "")
	}
	p := api.Proposal{Flag: flag, Delete: d.Delete, Sample: d.Sample, Now: d.Now, Limit: d.Limit}
	for _, actor := range d.Actors {
		p.Actors = append(p.Actors, api.Query(actor))
	}
	preview, err := x.service().Preview(x.context(), x.env, p)
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, preview)
}
