package programs

import (
	"regexp"
	"testing"
)

// corners are shapes that programs have to have for a kind of fault to show.
var corners = map[string]*regexp.Regexp{
	"a loop at the edge of its type": regexp.MustCompile(`for v\d+ := \w+\(\(?-?(127|128|255|32767|65535|2147483647|4294967295|9223372036854775807|18446744073709551615)\b`),
	"a test after the step":          regexp.MustCompile(`for v\d+ := [^;\n]*; ; \{|r\d+ [+-]= \d+\n(?:if \w+fuel.*\n.*\n\}\n)?if [^\n]*\{\ngoto`),
	"results of two calls at once":   regexp.MustCompile(`v\d+, v\d+ := p\d+f\d+\(.*\), p\d+f\d+\(`),
	"an aggregate through a call":    regexp.MustCompile(`x, s, y := `),
	"an address taken each round":    regexp.MustCompile(`= &(fresh|v\d+)\n`),
	"widths mixed in one place":      regexp.MustCompile(`\*\(\*u?int(16|32)\)\(unsafe.Pointer\(&`),
	"conversions in a chain":         regexp.MustCompile(`\bu?int(8|16)\(u?int\d*\(u?int\d*\(`),
	"a conversion through a float":   regexp.MustCompile(`\bu?int\d*\(float64\(`),
	"nothing as a field":             regexp.MustCompile(`(?m)^\s*\w+ +(struct\{\}|\[0\]\w+)$`),
	"an initialiser that runs":       regexp.MustCompile(`func init\(\)|start = p\d+begin\(\)`),
	"a large variable":               regexp.MustCompile(`var v\d+ \[\d{3,}\]`),
	"a slice that is cut twice":      regexp.MustCompile(`\[:len\(.+\):len\(`),
}

// TestCorners: the generators make all of them, often.
func TestCorners(t *testing.T) {
	const tries, least = 200, 10
	found := map[string]int{}
	for seed := range uint64(tries) {
		source := New(seed).Source
		for name, shape := range corners {
			if shape.MatchString(source) {
				found[name]++
			}
		}
	}
	for name := range corners {
		if found[name] < least {
			t.Errorf("%s: %d of %d programs have it, want %d", name, found[name], tries, least)
		}
	}
}
