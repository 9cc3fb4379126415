package elixir

import (
	"errors"
	"regexp/syntax"
	"strings"

	"github.com/gonfalon-flags/gonfalon/engine/pattern"
	"github.com/gonfalon-flags/gonfalon/migrate"
)

// pattern returns a pattern of PCRE as RE2 has it, or as it is, and names what is read otherwise.
//
// Why: RATIONALE.md "Which patterns of PCRE can be said in RE2?"
func (d *describer) pattern(attribute, text string) string {
	rewritten, words := perl(text)
	tree, err := syntax.Parse(rewritten, syntax.Perl)
	if err != nil {
		_, refused := pattern.Compile(text)
		detail, hint := "the pattern can't be read", ""
		if refused != nil {
			detail, hint = refused.Detail, refused.Hint
		}
		if malformed(err) {
			d.found(migrate.Same, "", "%s matches %s: %s. It never matches, here as there", attribute, quoted(text), detail)
		} else {
			d.found(migrate.Differs, hint, "%s matches %s: %s. Here the constraint never holds", attribute, quoted(text), detail)
		}
		return text
	}
	p := pcre{}
	if words {
		p.bytes = `\w, \s or \b`
	}
	p.walk(tree, true)
	exact := rewritten
	if p.dollar && !p.line {
		exact = p.rewrite(tree).String()
	}
	switch {
	case p.line:
		d.found(migrate.Differs, "match the text without its line breaks", "%s matches %s: PCRE lets $ hold before a last line break, or ^ after one, in a place that can't be rewritten", attribute, quoted(text))
		return text
	case exact != text:
		d.found(migrate.Same, "", "%s matches %s: carried as %s, which is what PCRE reads: $ also holds before a last line break, and \\s has the vertical tab", attribute, quoted(text), quoted(exact))
	}
	if p.bytes != "" {
		d.found(migrate.Differs, "nothing to do if the attribute is ASCII", "%s matches %s: PCRE compares bytes, so %s differs on text beyond ASCII, and only there", attribute, quoted(text), p.bytes)
	}
	return exact
}

// malformed reports whether no dialect takes the pattern.
func malformed(err error) bool {
	problem, is := errors.AsType[*syntax.Error](err)
	if !is {
		return false
	}
	switch problem.Code {
	case syntax.ErrMissingBracket, syntax.ErrMissingParen, syntax.ErrTrailingBackslash:
		return true
	case syntax.ErrMissingRepeatArgument:
		return !strings.HasPrefix(problem.Expr, "(?")
	}
	return false
}

// pcre finds in a pattern what PCRE reads otherwise.
type pcre struct {
	dollar bool   // a $ that can be rewritten
	line   bool   // one that can't, or a ^ of (?m)
	bytes  string // what differs beyond ASCII
}

// walk looks through a pattern. last says that nothing follows it.
func (p *pcre) walk(re *syntax.Regexp, last bool) {
	switch re.Op {
	case syntax.OpEndText:
		if re.Flags&syntax.WasDollar != 0 {
			p.dollar = p.dollar || last
			p.line = p.line || !last
		}
	case syntax.OpBeginLine:
		p.line = true // after a line break at the very end, PCRE's doesn't hold
	case syntax.OpAnyCharNotNL, syntax.OpAnyChar:
		p.differs("a dot")
	case syntax.OpCharClass:
		if beyondASCII(re.Rune) {
			p.differs("a class")
		}
	case syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		p.differs(`\b`)
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			for _, r := range re.Rune {
				if r >= 0x80 || strings.ContainsRune("ksKS", r) {
					p.differs("(?i)")
				}
			}
		}
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		sub := re.Sub[0]
		if any := sub.Op == syntax.OpAnyCharNotNL || sub.Op == syntax.OpAnyChar; any && (re.Op == syntax.OpStar || re.Op == syntax.OpPlus) {
			return // as many bytes as there are: whole characters lie around it
		}
		if sub.Op == syntax.OpLiteral && sub.Rune[len(sub.Rune)-1] >= 0x80 {
			p.differs("a repetition") // of the last byte only
		}
	}
	for i, sub := range re.Sub {
		p.walk(sub, last && re.Op != syntax.OpStar && re.Op != syntax.OpPlus && re.Op != syntax.OpRepeat && (re.Op != syntax.OpConcat || i == len(re.Sub)-1))
	}
}

func (p *pcre) differs(what string) {
	if p.bytes == "" {
		p.bytes = what
	}
}

func beyondASCII(ranges []rune) bool { return ranges[len(ranges)-1] >= 0x80 }

// rewrite replaces each $ by what PCRE's does at the end of a pattern.
func (p *pcre) rewrite(re *syntax.Regexp) *syntax.Regexp {
	if re.Op == syntax.OpEndText && re.Flags&syntax.WasDollar != 0 {
		end, _ := syntax.Parse(`\n?\z`, syntax.Perl)
		return end
	}
	for i := range re.Sub {
		re.Sub[i] = p.rewrite(re.Sub[i])
	}
	return re
}
