package elixir

import "strings"

// perl returns a pattern of PCRE with those escapes rewritten that RE2 reads otherwise: \s and \S, for which a vertical
// tab is white space in PCRE, and \Z, which RE2 lacks. Other texts stay as they are. words says that the pattern has an
// escape for which PCRE also counts letters and spaces of Latin-1.
func perl(text string) (rewritten string, words bool) {
	var b strings.Builder
	class := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			words = words || strings.IndexByte("wWsSbB", text[i]) >= 0
			switch {
			case text[i] == 's' && class:
				b.WriteString(`\s\x0b`)
			case text[i] == 's':
				b.WriteString(`[\s\x0b]`)
			case text[i] == 'S' && !class:
				b.WriteString(`[^\s\x0b]`)
			case text[i] == 'Z' && !class:
				b.WriteString(`(?-m:$)`)
			default:
				b.WriteString(text[i-1 : i+1])
			}
		case c == '[' && !class:
			class = true
			b.WriteByte(c)
			for _, literal := range []string{"^", "]"} { // a bracket that comes first is a character
				if strings.HasPrefix(text[i+1:], literal) {
					b.WriteString(literal)
					i++
				}
			}
		case c == '[' && strings.HasPrefix(text[i:], "[:") && strings.Contains(text[i:], ":]"):
			end := i + strings.Index(text[i:], ":]") + 2
			words = true
			b.WriteString(text[i:end])
			i = end - 1
		case c == ']':
			class = false
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), words
}
