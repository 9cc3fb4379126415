package main

import (
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// say prints text for people. It escapes the control characters of every argument, since names and reasons come
// from users.
//
// Why: RATIONALE.md "Why does the command line escape control characters?"
func say(w io.Writer, format string, args ...any) error {
	shown := make([]any, len(args))
	for i, arg := range args {
		shown[i] = arg
		switch a := arg.(type) {
		case error:
			shown[i] = visibleLines(a.Error())
		case fmt.Stringer:
			shown[i] = visible(a.String())
		default:
			if v := reflect.ValueOf(arg); v.Kind() == reflect.String {
				shown[i] = visible(v.String())
			}
		}
	}
	_, err := fmt.Fprintf(w, format, shown...)
	return err
}

// visible replaces control characters by escapes such as \n and \x1b.
func visible(text string) string {
	if strings.IndexFunc(text, obeyed) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if !obeyed(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRuneToASCII(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}

// visibleLines does the same to a text whose lines are its own, such as a list of problems.
func visibleLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = visible(lines[i])
	}
	return strings.Join(lines, "\n")
}

// obeyed reports whether a terminal does something on the character instead of showing it.
func obeyed(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Bidi_Control, unicode.Zl, unicode.Zp)
}

// shortened cuts a text that is too long for a column.
func shortened(text string) string {
	const most = 80
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most-1]) + "…"
	}
	return text
}

// count returns "1 flag" or "2 flags".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return thousands(n) + " " + what + "s"
}

// thousands returns 12345 as "12,345".
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// onOff returns a state in words.
func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// when returns a time as every option that takes one reads it.
func when(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// environments returns those that something is bound to.
func environments(envs []string) string {
	if len(envs) == 0 {
		return "all"
	}
	return strings.Join(envs, ", ")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
