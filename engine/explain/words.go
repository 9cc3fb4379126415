package explain

import (
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// These are the places that an actor can have, and the draws that percentage_of_time can have.
const (
	scores = 65536
	draws  = 10000
)

// share says which share is granted and where the actor's score lies.
func share(score, most *int64, of string) string {
	text := percent(value(most), scores) + "% of " + of
	if score == nil {
		return text + ": there is no actor"
	}
	return text + ": score " + compared(place(*score), *score, value(most), place(value(most)))
}

// compared says whether x is within a limit.
func compared(x string, n, most int64, limit string) string {
	if n > most {
		return x + " > " + limit
	}
	return x + " ≤ " + limit
}

// percent returns the roundest percentage that grants what is at most n of all: people write 10, not 9.999.
func percent(n, all int64) string {
	if all == draws {
		n, all = n*100, draws*100
	}
	power := int64(1)
	for decimals := 0; ; decimals++ {
		round := (n*100*power + all - 1) / all
		if round*all < (n+1)*100*power || decimals == 6 {
			text := fmt.Sprintf("%0*d", decimals+1, round)
			if decimals == 0 {
				return text
			}
			return text[:len(text)-decimals] + "." + text[len(text)-decimals:]
		}
		power *= 10
	}
}

// place returns a score as a place in [0, 1), to four decimals.
func place(score int64) string {
	n := (score*10000 + scores/2) / scores
	return fmt.Sprintf("%d.%04d", n/10000, n%10000)
}

// moment returns a time in Unix microseconds, for people.
func moment(at int64) string {
	const first, last = -62135596800_000000, 253402300799_999999 // the years 1 to 9999
	if at < first || at > last {
		return strconv.FormatInt(at, 10) + " µs"
	}
	return time.UnixMicro(at).UTC().Format(time.RFC3339Nano)
}

// longest is how many characters of a value are shown.
const longest = 80

// Short returns a value as JSON, cut if it is long.
func Short(v any) string {
	var b strings.Builder
	writeValue(&b, v)
	if runes := []rune(b.String()); len(runes) > longest {
		return string(runes[:longest-1]) + "…"
	}
	return b.String()
}

func writeValue(b *strings.Builder, v any) {
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case *big.Int:
		b.WriteString(v.String())
	case float64:
		b.WriteString(number(v))
	case string:
		b.WriteString(quoted(v))
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			if b.Len() > 4*longest {
				break // it will be cut
			}
			writeValue(b, item)
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b.WriteString(", ")
			}
			if b.Len() > 4*longest {
				break
			}
			b.WriteString(quoted(key) + ": ")
			writeValue(b, v[key])
		}
		b.WriteByte('}')
	}
}

// number returns a float as JavaScript writes it.
func number(f float64) string {
	if size := math.Abs(f); f != 0 && (size < 1e-6 || size >= 1e21) {
		text := strconv.FormatFloat(f, 'e', -1, 64)
		mantissa, exponent, _ := strings.Cut(text, "e")
		return mantissa + "e" + exponent[:1] + strings.TrimLeft(exponent[1:], "0")
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// Name returns the name of an attribute or a target, in quotes unless it is a plain word.
func Name(s string) string {
	plain := s != ""
	for i := range len(s) {
		c := s[i]
		plain = plain && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c == ':' || c == '@' || c == '/')
	}
	if plain {
		return s
	}
	return quoted(s)
}

// quoted returns a text as a JSON string in which whatever could change how a line is shown is escaped.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case invisible(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
		if i > 4*longest {
			break // it will be cut
		}
	}
	b.WriteByte('"')
	return b.String()
}

// invisible reports whether a character controls a terminal or the direction of text, or is shown as nothing.
func invisible(r rune) bool {
	return r < 0x20 || r >= 0x7f && r <= 0x9f || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r == 0xfeff
}
