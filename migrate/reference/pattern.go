package reference

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/dlclark/regexp2"
)

// ErrUnsure is the error for a pattern of which nobody but PCRE can say what it matches.
var ErrUnsure = errors.New("can't be judged")

// patternTime is how long one pattern may take on one text. PCRE gives up too, but after a number of steps.
const patternTime = time.Second

// maxPatterns is how many compiled patterns are kept. A source's rules have fewer.
const maxPatterns = 10_000

// patterns keeps compiled patterns, as Bandera does.
var patterns = struct {
	sync.Mutex
	compiled map[string]compiledPattern
}{compiled: map[string]compiledPattern{}}

// compiledPattern is a pattern, nil for one that matches nothing since it doesn't compile, or why it can't be judged.
type compiledPattern struct {
	re     *regexp2.Regexp
	unsure error
}

// matches searches a text for a pattern, byte by byte, as PCRE does without its unicode option: each byte is a
// character of Latin-1.
//
// Why: RATIONALE.md "How can a pattern of PCRE be judged without PCRE?"
func matches(pattern, text string) (bool, error) {
	patterns.Lock()
	p, known := patterns.compiled[pattern]
	if !known {
		p = compilePattern(pattern)
		if len(patterns.compiled) >= maxPatterns {
			clear(patterns.compiled)
		}
		patterns.compiled[pattern] = p
	}
	patterns.Unlock()
	if p.unsure != nil || p.re == nil {
		return false, p.unsure
	}
	found, err := p.re.MatchString(latin1(text))
	if err != nil {
		return false, fmt.Errorf("the pattern %.80q takes more than %s on a text, and %w", pattern, patternTime, ErrUnsure)
	}
	return found, nil
}

func compilePattern(pattern string) compiledPattern {
	if onlyPCRE.MatchString(strings.ReplaceAll(pattern, `\\`, "")) {
		return compiledPattern{unsure: fmt.Errorf("the pattern %.80q has what only PCRE knows, and %w", pattern, ErrUnsure)}
	}
	re, err := regexp2.Compile(latin1(strings.ReplaceAll(pattern, "(?P<", "(?<")), regexp2.None)
	if err != nil {
		if _, err := regexp.Compile(pattern); err == nil {
			return compiledPattern{unsure: fmt.Errorf("the pattern %.80q %w", pattern, ErrUnsure)}
		}
		return compiledPattern{}
	}
	re.MatchTimeout = patternTime
	return compiledPattern{re: re}
}

// onlyPCRE finds what PCRE reads in a way of its own: possessive quantifiers, recursion, verbs, named classes, \K, \Q,
// \h, \R, \g and the like.
var onlyPCRE = regexp.MustCompile(`[*+?}]\+|\(\?(R|[0-9]|&|P[=>]|\||\(|C|[+-]?[0-9])|\(\*|\[:\^?[a-z]+:\]|\\([KQEhHRXgkGNvVpPoCc0]|x\{)`)

// latin1 makes a character of every byte.
func latin1(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0 {
		return s
	}
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}
