package httpapi

import (
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func segmentDocument(g controlplane.Segment) apiclient.Segment {
	users := g.Users
	if users == nil {
		users = []string{}
	}
	return apiclient.Segment{Segment: g.Segment, SegmentInfo: apiclient.SegmentInfo{
		Version: g.Version, Revision: g.Revision, Created: g.Created, Updated: g.Updated, UpdatedBy: g.UpdatedBy,
		Users: users, Warnings: apiclient.Problems(g.Warnings),
	}}
}

func (x *call) listSegments() error {
	if err := x.params().err(); err != nil {
		return err
	}
	all, err := x.service().ListSegments(x.context(), x.env)
	if err != nil {
		return err
	}
	d := apiclient.SegmentList{Segments: make([]apiclient.Segment, len(all))}
	for i, g := range all {
		d.Segments[i] = segmentDocument(g)
	}
	return x.answer(http.StatusOK, d)
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
	return x.answer(http.StatusOK, segmentDocument(g))
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
	d := segmentDocument(r.Segment)
	d.Changed, d.Warnings = &r.Changed, apiclient.Problems(r.Warnings)
	x.Response().Header()["Etag"] = []string{`"` + r.Segment.Version + `"`}
	status := http.StatusOK
	if r.Created {
		status = http.StatusCreated
	}
	return x.answer(status, d)
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
