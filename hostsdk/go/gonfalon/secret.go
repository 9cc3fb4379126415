package gonfalon

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// minSecret is how long a token is at least that is kept out of texts. What is shorter is a word that anybody may write.
	minSecret = 8
	// maxLine is how many bytes of a text from elsewhere a message repeats.
	maxLine = 500
)

// secret keeps a token where printing a client doesn't show it, and out of what repeats a server's words. Functions are printed as
// addresses.
type secret struct {
	reveal func() string
	hide   func(string) string // a text without the token
}

func newSecret(token string) secret {
	s := secret{func() string { return token }, func(text string) string { return text }}
	if len(token) >= minSecret {
		pattern := regexp.MustCompile("(?i)" + regexp.QuoteMeta(token))
		s.hide = func(text string) string { return pattern.ReplaceAllLiteralString(text, "…") }
	}
	return s
}

// line returns a text from elsewhere as a part of a message: on one line, cut, and without the token.
func (s secret) line(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s.hide(text))
	return beginning(strings.Join(strings.Fields(text), " "), maxLine)
}

// begun is line of the beginning of a text, which may end amid the token.
func (s secret) begun(text string) string {
	text = s.hide(text)
	return s.line(text[:max(len(text)-len(s.reveal())+1, 0)])
}

// clean returns err as it is. If its text has the token in it, or is too long, it returns an error of the text's line alone. The
// errors of this package are made of such lines already.
func (s secret) clean(err error) error {
	var refused *RefusedError
	var later *laterError
	var frame *FrameError
	if err == nil || errors.As(err, &refused) || errors.As(err, &later) || errors.As(err, &frame) {
		return err
	}
	if text := err.Error(); len(text) > maxLine || s.hide(text) != text {
		return errors.New(s.line(text))
	}
	return err
}

// beginning returns the beginning of a text that is longer than n bytes.
func beginning(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for !utf8.RuneStart(text[n]) && n > 0 {
		n--
	}
	return text[:n] + "…"
}
