package httpapi

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// sampled is how many ids a preview makes up if it is given no actors.
const sampled = 10_000

// ask turns a document into a query. As in OFREP, the context's targetingKey and groups are used if actor and groups are missing.
func ask(d apiclient.Query) controlplane.Query {
	q := controlplane.Query{
		Actor: d.Actor, Groups: d.Groups, Context: d.Context, Now: d.Now, Roll: d.Roll,
		At: controlplane.At{Revision: d.Revision, Time: d.Time},
	}
	if key, ok := d.Context["targetingKey"].(string); ok && key != "" && q.Actor == nil {
		q.Actor = &key
	}
	if list, ok := d.Context["groups"].([]any); ok && q.Groups == nil {
		for _, item := range list {
			name, ok := item.(string)
			if !ok {
				q.Groups = nil
				break
			}
			q.Groups = append(q.Groups, name)
		}
	}
	return q
}

func evaluationDocument(e controlplane.Evaluation) apiclient.Evaluation {
	d := apiclient.Evaluation{
		Key: e.Key, Environment: e.Environment, Revision: e.Revision, Known: e.Known, Enabled: e.Enabled, Killed: e.Killed,
		Reason: e.Reason, Gate: e.Gate, Target: e.Target, Score: e.Score, Payload: e.Payload,
	}
	if e.HasVariant {
		d.Variant = &e.Variant
	}
	return d
}

// query reads for whom and when to decide.
func (x *call) query() (controlplane.Query, error) {
	if err := x.params().err(); err != nil {
		return controlplane.Query{}, err
	}
	d, err := document[apiclient.Query](x)
	if err == nil && d.Revision != 0 && !d.Time.IsZero() {
		err = unreadableAt("request", "/time", "revision and time exclude each other", "give one of the two")
	}
	return ask(d), err
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
	return x.answer(http.StatusOK, evaluationDocument(e))
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
	d := apiclient.Explanation{Evaluation: evaluationDocument(e.Evaluation), Steps: e.Steps}
	if d.Steps == nil {
		d.Steps = []controlplane.Step{}
	}
	return x.answer(http.StatusOK, d)
}

// proposal is an apiclient.Proposal whose flag is read later, so that the flag's problems can say where they are.
type proposal struct {
	Flag   json.RawMessage `json:"flag"`
	Delete bool            `json:"delete"`
	Actors []who           `json:"actors"`
	Sample int             `json:"sample"`
	Now    time.Time       `json:"now"`
	Limit  int             `json:"limit"`
}

// who is one actor of a proposal: a query or, for short, a string.
type who apiclient.Query

// UnmarshalJSON reads either form.
func (w *who) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		w.Actor = new(string)
		return json.Unmarshal(data, w.Actor)
	}
	return strict(data).Decode((*apiclient.Query)(w))
}

func (x *call) preview() error {
	if err := x.params().err(); err != nil {
		return err
	}
	d, err := document[proposal](x)
	if err != nil {
		return err
	}
	flag, problems := flagset.ParseFlag(d.Flag, apiclient.FlagInfoFields...)
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
	q := controlplane.PreviewQuery{Sample: d.Sample, Now: d.Now, Limit: d.Limit}
	for _, actor := range d.Actors {
		q.Actors = append(q.Actors, ask(apiclient.Query(actor)))
	}
	if len(q.Actors) == 0 && q.Sample == 0 {
		q.Sample = sampled
	}
	r, err := x.service().Preview(x.context(), x.env, controlplane.Proposal{Flag: flag, Delete: d.Delete}, q)
	if err != nil {
		return err
	}
	result := apiclient.Preview{
		Asked: r.Asked, TurnOn: r.TurnOn, TurnOff: r.TurnOff, VariantChanged: r.VariantChanged, Dependants: r.Dependants,
		Changes: make([]apiclient.PreviewChange, len(r.Changes)), Difference: r.Difference, Problems: apiclient.Problems(r.Problems),
	}
	if result.Dependants == nil {
		result.Dependants = map[string]int{}
	}
	if result.Problems == nil {
		result.Problems = []apiclient.Problem{}
	}
	if result.Difference.Lines == nil {
		result.Difference.Lines = []string{}
	}
	for i, c := range r.Changes {
		result.Changes[i] = apiclient.PreviewChange{Flag: c.Flag, Actor: c.Actor, Before: evaluationDocument(c.Before), After: evaluationDocument(c.After)}
	}
	return x.answer(http.StatusOK, result)
}
