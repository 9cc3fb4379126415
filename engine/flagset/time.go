package flagset

import (
	"errors"
	"time"
)

// These errors say what is wrong with a time, or what it needs instead.
var (
	errTimeForm     = errors.New("not of the form 2026-11-27T08:30:00Z")
	errTimeDate     = errors.New("there is no such day or hour")
	errTimeFraction = errors.New("a fraction needs digits after its point")
	errTimeOffset   = errors.New("the offset is missing, or not one of Z, +01, +0100 and +01:00")
)

// ParseTime reads an ISO 8601 time, as schedules have it, and returns it in Unix microseconds. The form is an optional
// sign, YYYY-MM-DD, a T or a space, HH:MM:SS, an optional fraction after a point or a comma, of which six digits
// count, and an offset: Z, ±HH, ±HHMM or ±HH:MM, but not -00:00. Everything else is refused, even spaces around it.
func ParseTime(text string) (int64, error) {
	rest, negative := text, false
	if rest != "" && (rest[0] == '+' || rest[0] == '-') {
		rest, negative = rest[1:], rest[0] == '-'
	}
	const form = "0000-00-00T00:00:00"
	if len(rest) < len(form) {
		return 0, errTimeForm
	}
	for i := range len(form) {
		switch c := rest[i]; form[i] {
		case '0':
			if !digit(c) {
				return 0, errTimeForm
			}
		case 'T':
			if c != 'T' && c != ' ' {
				return 0, errTimeForm
			}
		default:
			if c != form[i] {
				return 0, errTimeForm
			}
		}
	}
	year, month, day := decimal(rest[:4]), decimal(rest[5:7]), decimal(rest[8:10])
	hour, minute, second := decimal(rest[11:13]), decimal(rest[14:16]), decimal(rest[17:19])
	if negative {
		year = -year
	}
	at := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	if month < 1 || month > 12 || at.Day() != day || hour > 23 || minute > 59 || second > 59 {
		return 0, errTimeDate
	}
	micros, rest, err := fraction(rest[len(form):])
	if err != nil {
		return 0, err
	}
	minutes, err := offset(rest)
	if err != nil {
		return 0, err
	}
	return (at.Unix()-int64(minutes)*60)*1_000_000 + micros, nil
}

// fraction reads a fraction of a second, if there is one, and returns it in microseconds.
func fraction(text string) (micros int64, rest string, err error) {
	if text == "" || text[0] != '.' && text[0] != ',' {
		return 0, text, nil
	}
	n, unit := 1, int64(100_000)
	for ; n < len(text) && digit(text[n]); n++ {
		micros += int64(text[n]-'0') * unit
		unit /= 10
	}
	if n == 1 {
		return 0, "", errTimeFraction
	}
	return micros, text[n:], nil
}

// offset reads an offset from UTC, and returns it in minutes.
func offset(text string) (int, error) {
	if text == "Z" {
		return 0, nil
	}
	if text == "" || text[0] != '+' && text[0] != '-' || text == "-00:00" {
		return 0, errTimeOffset
	}
	digits := text[1:]
	if len(digits) == 5 && digits[2] == ':' {
		digits = digits[:2] + digits[3:]
	}
	if len(digits) == 2 {
		digits += "00"
	}
	if len(digits) != 4 {
		return 0, errTimeOffset
	}
	for i := range len(digits) {
		if !digit(digits[i]) {
			return 0, errTimeOffset
		}
	}
	hours, minutes := decimal(digits[:2]), decimal(digits[2:])
	if hours > 23 || minutes > 59 {
		return 0, errTimeOffset
	}
	if text[0] == '-' {
		return -(hours*60 + minutes), nil
	}
	return hours*60 + minutes, nil
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// decimal returns the number that a few digits stand for.
func decimal(digits string) int {
	n := 0
	for i := range len(digits) {
		n = 10*n + int(digits[i]-'0')
	}
	return n
}
