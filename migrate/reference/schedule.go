package reference

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// open reports whether a schedule's window is open: from is inclusive, until isn't.
func open(g *Gate, now int64) bool {
	if g.From != nil {
		from, ok := moment(g.From)
		if !ok || now < from {
			return false
		}
	}
	if g.Until != nil {
		until, ok := moment(g.Until)
		if !ok || now >= until {
			return false
		}
	}
	return true
}

var isoTime = regexp.MustCompile(`^([+-]?)([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]+))?(?:Z|([+-])([0-9]{2}):?([0-9]{2})?)\z`)

// moment reads a time as DateTime.from_iso8601 does, in microseconds.
func moment(bound any) (micros int64, ok bool) {
	text, isText := bound.(string)
	m := isoTime.FindStringSubmatch(text)
	if !isText || m == nil || strings.HasSuffix(text, "-00:00") || strings.HasSuffix(text, ":") {
		return 0, false
	}
	n := func(i int) int { v, _ := strconv.Atoi(m[i]); return v }
	year := n(2)
	if m[1] == "-" {
		year = -year
	}
	at := time.Date(year, time.Month(n(3)), n(4), n(5), n(6), n(7), 0, time.UTC)
	if n(3) < 1 || n(3) > 12 || at.Day() != n(4) || n(5) > 23 || n(6) > 59 || n(7) > 59 || n(10) > 23 || n(11) > 59 {
		return 0, false
	}
	fraction, _ := strconv.ParseInt((m[8] + "000000")[:6], 10, 64)
	offset := int64(n(10)*3600 + n(11)*60)
	if m[9] == "-" {
		offset = -offset
	}
	return (at.Unix()-offset)*1_000_000 + fraction, true
}
