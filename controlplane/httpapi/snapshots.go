package httpapi

import (
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/apiclient"
)

// formats lists the snapshot formats that this build writes, newest first.
var formats = []string{"1"}

// snapshotType is the media type of a snapshot.
const snapshotType = "application/vnd.msgpack"

// readsOurs checks that the caller reads a format that this build writes. A caller that names none gets the newest.
func (x *call) readsOurs() error {
	p := x.params()
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
func (x *call) getSnapshot() error {
	if err := x.readsOurs(); err != nil {
		return err
	}
	s, err := x.service().Snapshot(x.context(), x.env)
	if err != nil {
		return err
	}
	h := x.Response().Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept-Encoding")
	h.Set(positionHeader, s.Position().String())
	id := s.ID()
	if x.tag(hex.EncodeToString(id[:])) {
		return nil
	}
	data := s.Bytes()
	if acceptsGzip(x.Request()) {
		h.Set("Content-Encoding", "gzip")
		data = s.Gzip()
	}
	return x.blob(http.StatusOK, snapshotType, data)
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
func (x *call) postUsage() error {
	if err := x.params().err(); err != nil {
		return err
	}
	d, err := document[apiclient.Usage](x)
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
	if err := x.service().ReportUsage(x.context(), x.env, batch); err != nil {
		return err
	}
	return x.nothing()
}
