package words

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gonfalon-flags/gonfalon/engine/explain"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

// ours are the words that a name may not pass for.
var ours = []string{"and", "anew", "as", "everyone", "for", "from", "group", "in", "is", "killed", "more", "needs", "no", "not", "of", "off", "on", "or", "segment", "until", "where"}

// longest is how many characters of a name or a value are shown.
const longest = 80

// name returns a name, in quotes unless it is a plain word and none of ours.
func name(s string) string {
	if slices.Contains(ours, strings.ToLower(s)) {
		return strconv.Quote(s)
	}
	if utf8.RuneCountInString(s) > longest {
		s = string([]rune(s)[:longest-1]) + "…"
	}
	return explain.Name(s)
}

// value returns a value of a constraint. A text that looks like another value is in quotes.
func value(v any, operator string) string {
	s, isText := v.(string)
	if !isText {
		return explain.Short(v)
	}
	if json.Valid([]byte(s)) && !strings.HasPrefix(operator, "semver") {
		return explain.Short(s)
	}
	return name(s)
}

// percent returns a share, from 0 to 1, with a thin space before the sign, and never 0 % or 100 % of one that is neither.
func percent(share float64) string {
	const least = 0.000001
	switch of100 := share * 100; {
	case share > 0 && of100 < least:
		return "under 0.000001\u202f%"
	case share < 1 && of100 > 100-least:
		return "over 99.999999\u202f%"
	default:
		text := strconv.FormatFloat(of100, 'f', 6, 64)
		return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + "\u202f%"
	}
}

func shareText(g *flagset.Gate) string {
	of := " of actors"
	if g.Type == flagset.PercentageOfTime {
		of = " of time"
	}
	if g.Ratio == nil {
		return "no share" + of
	}
	return percent(*g.Ratio) + of
}

// variantShare is a variant and its share of the actors.
type variantShare struct{ name, share string }

// shares100 returns the variants in the order in which the engine cuts them, with their shares to one decimal.
func shares100(g *flagset.Gate) []variantShare {
	sorted := flagset.SortedVariants(g.Variants)
	total := 0.0
	for _, v := range sorted {
		total += v.Weight.Float64()
	}
	list := make([]variantShare, len(sorted))
	for i, v := range sorted {
		list[i] = variantShare{v.Name, "0\u202f%"}
		if w := v.Weight.Float64(); w > 0 {
			list[i].share = roughly(w / total)
		}
	}
	return list
}

// roughly returns a share to one decimal.
func roughly(share float64) string {
	text := strconv.FormatFloat(share*100, 'f', 1, 64)
	switch {
	case text == "0.0":
		return "under 0.1\u202f%"
	case text == "100.0" && share < 1:
		return "over 99.9\u202f%"
	}
	return strings.TrimSuffix(text, ".0") + "\u202f%"
}

// moment is a time of a schedule.
type moment struct{ text, iso string }

// window returns the times between which a schedule is open. It reports whether it ever is.
func window(g *flagset.Gate) (from, until *moment, ok bool) {
	first, last := int64(0), int64(0)
	for _, bound := range []struct {
		text *string
		at   *int64
		m    **moment
	}{{g.From, &first, &from}, {g.Until, &last, &until}} {
		if bound.text == nil {
			continue
		}
		at, err := flagset.ParseTime(*bound.text)
		if err != nil {
			return nil, nil, false
		}
		t := time.UnixMicro(at).UTC()
		form := "2 Jan 2006, 15:04"
		if t.Second() != 0 || t.Nanosecond() != 0 {
			form += ":05.999999"
		}
		*bound.at, *bound.m = at, &moment{t.Format(form) + " UTC", t.Format(time.RFC3339Nano)}
	}
	return from, until, from == nil || until == nil || first < last
}

// count returns "1 flag" or "2 flags".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

// thousands returns 12345 as "12,345".
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
