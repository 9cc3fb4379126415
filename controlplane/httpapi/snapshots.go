package httpapi

import (
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
)

// formats lists the snapshot formats that this build writes, newest first.
var formats = []string{"1"}

// snapshotType is the media type of a snapshot.
const snapshotType = "application/vnd.msgpack"

// readsOurs checks that the caller reads a format that this build writes. A caller that names none gets the newest.
func (c *call) readsOurs() error {
	p := c.params()
	if err := p.err(); err != nil {
		return err
	}
	named := p.text("formats")
	if named == "" {
		return nil
	}
	for one := range strings.SplitSeq(named, ",") {
		if slices.Contains(formats, strings.TrimSpace(one)) {
			return nil
		}
	}
	return unacceptable.of("", "this server writes snapshots in format "+strings.Join(formats, " or "))
}

// getSnapshot answers with the newest snapshot of this replica, from memory.
func (c *call) getSnapshot() error {
	if err := c.readsOurs(); err != nil {
		return err
	}
	s, err := c.service().Snapshot(c.context(), c.env)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept-Encoding")
	h.Set(positionHeader, s.Position().String())
	id := s.ID()
	if c.tag(hex.EncodeToString(id[:])) {
		return nil
	}
	data := s.Bytes()
	if acceptsGzip(c.Request()) {
		h.Set("Content-Encoding", "gzip")
		data = s.Gzip()
	}
	return c.blob(http.StatusOK, snapshotType, data)
}

// acceptsGzip reads Accept-Encoding. gzip;q=0 means no.
func acceptsGzip(r *http.Request) bool {
	for one := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.ReplaceAll(one, " ", ""), ";")
		if strings.EqualFold(name, "gzip") {
			return strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
		}
	}
	return false
}

// postUsage takes a host's report.
func (c *call) postUsage() error {
	if err := c.params().err(); err != nil {
		return err
	}
	d, err := document[api.Usage](c)
	if err != nil {
		return err
	}
	if len(d.Flags) > MaxUsageFlags {
		return tooLarge.of("", "a report may name at most 1,000 flags: split it into several")
	}
	batch := make([]controlplane.FlagUsage, 0, len(d.Flags))
	for key, u := range d.Flags {
		if u.Count < 0 {
			return unreadableAt("request", "/flags/"+key+"/count", "it is negative", "")
		}
		batch = append(batch, controlplane.FlagUsage{Flag: key, Last: u.Last, Count: u.Count})
	}
	if err := c.service().ReportUsage(c.context(), c.env, batch); err != nil {
		return err
	}
	return c.nothing()
}
