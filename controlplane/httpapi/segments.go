package httpapi

import (
	"net/http"

	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func (c *call) listSegments() error {
	if err := c.params().err(); err != nil {
		return err
	}
	all, err := c.service().ListSegments(c.context(), c.env)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, api.SegmentList{Segments: all})
}

func (c *call) getSegment() error {
	if err := c.params().err(); err != nil {
		return err
	}
	g, err := c.service().GetSegment(c.context(), c.env, c.param("key"))
	if err != nil {
		return err
	}
	if c.tag(g.Version) {
		return nil
	}
	return c.answer(http.StatusOK, g)
}

func (c *call) putSegment() error {
	data, err := c.body(nil)
	if err != nil {
		return err
	}
	g, problems := flagset.ParseSegment(data, putSegmentNames...)
	if err := unreadable("segment", problems); err != nil {
		return err
	}
	if err := sameKey(&g.Key, c.param("key"), "segment"); err != nil {
		return err
	}
	o, err := c.optionsIn(data)
	if err != nil {
		return err
	}
	r, err := c.service().PutSegment(c.context(), c.env, g, o)
	if err != nil {
		return err
	}
	c.tellVersion(r.Segment.Version)
	c.tellRevision(r.Revision)
	status := http.StatusOK
	if r.Created {
		status = http.StatusCreated
	}
	return c.answer(status, r.Segment)
}

func (c *call) deleteSegment() error {
	_, o, err := c.deleteOptions()
	if err != nil {
		return err
	}
	revision, err := c.service().DeleteSegment(c.context(), c.env, c.param("key"), o)
	if err != nil {
		return err
	}
	c.tellRevision(revision)
	return c.nothing()
}
