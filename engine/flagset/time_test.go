package flagset

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	for text, want := range map[string]string{
		"2026-06-01T12:00:00Z":             "2026-06-01T12:00:00Z",
		"2026-06-01 12:00:00Z":             "2026-06-01T12:00:00Z",
		"+2026-06-01T12:00:00Z":            "2026-06-01T12:00:00Z",
		"2026-06-01T12:00:00.5Z":           "2026-06-01T12:00:00.5Z",
		"2026-06-01T12:00:00,5Z":           "2026-06-01T12:00:00.5Z",
		"2026-06-01T12:00:00.1234567890Z":  "2026-06-01T12:00:00.123456Z",
		"2026-06-01T12:00:00+02":           "2026-06-01T10:00:00Z",
		"2026-06-01T12:00:00-0530":         "2026-06-01T17:30:00Z",
		"2026-06-01T12:00:00+23:59":        "2026-05-31T12:01:00Z",
		"2026-06-01T00:30:00-00:01":        "2026-06-01T00:31:00Z",
		"2026-06-01T12:00:00-0000":         "2026-06-01T12:00:00Z",
		"2024-02-29T00:00:00Z":             "2024-02-29T00:00:00Z",
		"0000-01-01T00:00:00Z":             "0000-01-01T00:00:00Z",
		"9999-12-31T23:59:59.999999-23:59": "10000-01-01T23:58:59.999999Z",
		"1969-12-31T23:59:59.999999Z":      "1969-12-31T23:59:59.999999Z",
	} {
		got, err := ParseTime(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if at := time.UnixMicro(got).UTC().Format(time.RFC3339Nano); at != want {
			t.Errorf("%s is %s, want %s", text, at, want)
		}
	}
	if got, err := ParseTime("-0001-01-01T00:00:00Z"); err != nil || got != time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() {
		t.Errorf("a year before 0: %d %v", got, err)
	}
	for text, want := range map[string]error{
		"": errTimeForm, "2026-06-01": errTimeForm, "2026-06-01T12:00Z": errTimeForm, "2026-6-1T12:00:00Z": errTimeForm, "20260601T120000Z": errTimeForm,
		"2026-06-01t12:00:00Z": errTimeForm, " 2026-06-01T12:00:00Z": errTimeForm, "2026-06-01  12:00:00Z": errTimeForm, "12026-06-01T12:00:00Z": errTimeForm,
		"2026-06-01T12:00:00": errTimeOffset, "2026-06-01T12:00:00z": errTimeOffset, "2026-06-01T12:00:00-00:00": errTimeOffset, "2026-06-01T12:00:00Z ": errTimeOffset,
		"2026-06-01T12:00:00+24:00": errTimeOffset, "2026-06-01T12:00:00+00:60": errTimeOffset, "2026-06-01T12:00:00+1": errTimeOffset, "2026-06-01T12:00:00+0:00": errTimeOffset,
		"2026-06-01T12:00:00+ab": errTimeOffset, "2026-06-01T12:00:00+00:0a": errTimeOffset,
		"2026-06-01T24:00:00Z": errTimeDate, "2026-06-01T12:60:00Z": errTimeDate, "2026-06-01T12:00:60Z": errTimeDate, "2026-02-29T00:00:00Z": errTimeDate,
		"2026-13-01T00:00:00Z": errTimeDate, "2026-00-01T00:00:00Z": errTimeDate, "2026-01-00T00:00:00Z": errTimeDate,
		"2026-06-01T12:00:00.Z": errTimeFraction,
	} {
		if got, err := ParseTime(text); err != want {
			t.Errorf("%q: %d %v, want %v", text, got, err, want)
		}
	}
}

// The reference's answers show what it takes for a time: a schedule that starts then is open much later exactly if it is one.
func TestParseTimeAsTheReference(t *testing.T) {
	data, err := os.ReadFile("../conformance/small.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Kind   string
		Input  json.RawMessage
		Expect json.RawMessage
	}
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, v := range vectors {
		var in struct {
			From, Until any
			Now         string
		}
		if v.Kind != "schedule" || json.Unmarshal(v.Input, &in) != nil {
			continue
		}
		from, isText := in.From.(string)
		now, err := ParseTime(in.Now)
		if !isText || in.Until != nil || err != nil {
			continue
		}
		at, err := ParseTime(from)
		if open := err == nil && now >= at; open != (string(v.Expect) == "true") {
			t.Errorf("%s: %d %v, want %s", v.Input, at, err, v.Expect)
		}
		checked++
	}
	if checked < 30 {
		t.Errorf("only %d vectors", checked)
	}
}

var timeForm = regexp.MustCompile(`^[+-]?[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.,][0-9]+)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$`)

// Compare with time.Parse, on the part of the form that its layouts can express.
func FuzzParseTime(f *testing.F) {
	for _, seed := range []string{"2026-06-01T12:00:00Z", "2026-06-01 12:00:00,25+0130", "-0001-02-29T23:59:59.9999999-23", "2026-06-01T12:00:00-00:00", "2026-11-31T00:00:00Z"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseTime(text)
		match := timeForm.FindStringSubmatch(text)
		if match == nil {
			if err == nil {
				t.Fatalf("%q is %d", text, got)
			}
			return
		}
		plain := strings.TrimLeft(text[:1], "+") + text[1:]
		if plain[0] == '-' {
			return // time.Parse has no years before 0
		}
		zone := match[2]
		day := strings.Replace(plain[:19], " ", "T", 1)
		fraction := strings.TrimLeft(match[1], ".,")
		if len(zone) == 3 {
			zone += "00"
		}
		want, failed := time.Parse("2006-01-02T15:04:05.999999999Z0700", day+"."+(fraction + "000000")[:6]+strings.Replace(zone, ":", "", 1))
		clock := strings.Replace(zone, ":", "", 1)
		lenient := clock != "Z" && (clock[1:3] > "23" || clock[3:] > "59") // time.Parse takes offsets such as +0060
		if failed != nil || lenient || zone == "-00:00" {
			if err == nil {
				t.Fatalf("%q is %d, and for time.Parse: %v", text, got, failed)
			}
			return
		}
		if err != nil || got != want.UnixMicro() {
			t.Fatalf("%q is %d (%v), want %d", text, got, err, want.UnixMicro())
		}
	})
}
