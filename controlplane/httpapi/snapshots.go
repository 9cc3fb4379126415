package httpapi

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gonfalon-flags/gonfalon/controlplane"
	"github.com/gonfalon-flags/gonfalon/controlplane/api"
	"github.com/gonfalon-flags/gonfalon/engine"
)

// snapshotType is the media type of a snapshot.
const snapshotType = "application/vnd.msgpack"

// format returns the newest format that both the caller reads and this build writes. A caller that names none reads the
// oldest.
func (c *call) format() (int, error) {
	p := c.params()
	if err := p.err(); err != nil {
		return 0, err
	}
	named := p.text("formats")
	if named == "" {
		named = c.Request().Header.Get(formatsHeader)
	}
	ours := c.service().Formats()
	if format := newestOf(ours, named); format != 0 {
		return format, nil
	}
	return 0, unacceptable.of("", fmt.Sprintf("this server writes snapshots in the formats %v", ours))
}

// newestOf returns the newest of our formats that a list names; the oldest if there is no list, 0 if it names none of
// them.
// Why: RATIONALE.md "Why does a host that names no snapshot format get the oldest?"
func newestOf(ours []int, list string) int {
	if strings.TrimSpace(list) == "" {
		return ours[0]
	}
	newest := 0
	for one := range strings.SplitSeq(list, ",") {
		if n, err := strconv.Atoi(strings.TrimSpace(one)); err == nil && n > newest && slices.Contains(ours, n) {
			newest = n
		}
	}
	return newest
}

// getSnapshot answers with the newest snapshot of this replica, from memory.
func (c *call) getSnapshot() error {
	format, err := c.format()
	if err != nil {
		return err
	}
	if at, ok := engine.ParsePosition(c.Request().Header.Get(positionHeader)); ok {
		c.resume(at, format)
	}
	s, err := c.service().Snapshot(c.context(), c.env)
	if err != nil {
		return err
	}
	s = s.In(format)
	if err := s.Assemble(); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept-Encoding, "+formatsHeader)
	position := s.Position()
	position.ID = s.ID()
	h.Set(positionHeader, position.String())
	if c.tag(hex.EncodeToString(position.ID[:])) {
		return nil
	}
	data := s.Bytes()
	if Accepts(c.Request(), "gzip") {
		h.Set("Content-Encoding", "gzip")
		data = s.Gzip()
	}
	return c.blob(http.StatusOK, snapshotType, data)
}

// resume returns where a host that is at a position continues. If what it then gets takes the place of what it has even
// with a lower revision, the response says so.
func (c *call) resume(at engine.Position, format int) engine.Position {
	from, supersedes := c.service().Resume(c.context(), c.env, at, format)
	if supersedes {
		c.Response().Header().Set(supersedesHeader, at.String())
	}
	return from
}

// Accepts reports whether Accept-Encoding names a content coding. gzip;q=0 means no.
func Accepts(r *http.Request, coding string) bool {
	for one := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.ReplaceAll(one, " ", ""), ";")
		if strings.EqualFold(name, coding) {
			return strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
		}
	}
	return false
}

// getHosts answers with the hosts of an environment.
func (c *call) getHosts() error {
	if err := c.params().err(); err != nil {
		return err
	}
	list, err := c.service().Hosts(c.env)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, list)
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
		one := controlplane.FlagUsage{Flag: key, Last: u.Last, Count: u.Count}
		if u.On != nil {
			one.On, one.Told = *u.On, true
		}
		if one.On < 0 {
			return unreadableAt("request", "/flags/"+key+"/on", "it is negative", "")
		}
		batch = append(batch, one)
	}
	if d.Host != nil {
		address := ""
		if caller := c.rules.proxies.caller(c.Request()); caller.IsValid() {
			address = caller.String()
		}
		if err := c.service().ReportHost(c.env, *d.Host, address); err != nil {
			return err
		}
	}
	if err := c.service().ReportUsage(c.context(), c.env, batch); err != nil {
		return err
	}
	return c.nothing()
}
