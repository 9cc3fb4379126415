package httpapi

import (
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func (x *call) listSegments() error {
	if err := x.params().err(); err != nil {
		return err
	}
	all, err := x.service().ListSegments(x.context(), x.env)
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, api.SegmentList{Segments: all})
}

func (x *call) getSegment() error {
	if err := x.params().err(); err != nil {
		return err
	}
	g, err := x.service().GetSegment(x.context(), x.env, x.param("key"))
	if err != nil {
		return err
	}
	if x.tag(g.Version) {
		return nil
	}
	return x.answer(http.StatusOK, g)
}

func (x *call) putSegment() error {
	data, err := x.body(nil)
	if err != nil {
		return err
	}
	g, problems := flagset.ParseSegment(data, ofPutSegment...)
	if err := unreadable("segment", problems); err != nil {
		return err
	}
	if err := sameKey(&g.Key, x.param("key"), "segment"); err != nil {
		return err
	}
	o, err := x.writing(data)
	if err != nil {
		return err
	}
	r, err := x.service().PutSegment(x.context(), x.env, g, o)
	if err != nil {
		return err
	}
	x.Response().Header()["Etag"] = []string{`"` + r.Segment.Version + `"`}
	status := http.StatusOK
	if r.Created {
		status = http.StatusCreated
	}
	return x.answer(status, r.Segment)
}

func (x *call) deleteSegment() error {
	_, o, err := x.deleting()
	if err != nil {
		return err
	}
	if _, err := x.service().DeleteSegment(x.context(), x.env, x.param("key"), o); err != nil {
		return err
	}
	return x.nothing()
}
