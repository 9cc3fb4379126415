package main

import (
	"bytes"
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// fitHelp lets the help of every verb fit the terminal.
func fitHelp(root *cobra.Command) {
	help := root.HelpFunc()
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		out, own := c.OutOrStdout(), c == root
		var text bytes.Buffer
		c.SetOut(&text)
		help(c, args)
		if c.SetOut(nil); own {
			c.SetOut(out)
		}
		_, _ = io.WriteString(out, fittingHelp(text.String(), width(out))) // what fails is known to out
	})
}

// columnGap is what stands between a name and what is said of it.
var columnGap = regexp.MustCompile(`^( +\S(?:.*?\S)?  +)\S`)

// fittingHelp breaks the lines of a help text so that they have at most so many columns; 0: any number. A paragraph is filled anew,
// what is said of a name stays in its column, and a command can be pasted as it is.
func fittingHelp(text string, most int) string {
	if most == 0 {
		return text
	}
	var out []string
	for _, block := range strings.Split(text, "\n\n") {
		lines := strings.Split(block, "\n")
		column := 0
		for _, line := range lines {
			if found := columnGap.FindStringSubmatch(line); found != nil {
				column = max(column, len(found[1]))
			}
		}
		if column > most*2/3 {
			column = 0
		}
		examples := lines[0] == "Examples:"
		var fitting []string
		paragraph := ""
		end := func() {
			if paragraph != "" {
				fitting = append(fitting, fill("", "", paragraph, "", most)...)
				paragraph = ""
			}
		}
		for i, line := range lines {
			rest := strings.TrimLeft(line, " ")
			indent := line[:len(line)-len(rest)]
			heading := strings.HasSuffix(line, ":") && i+1 < len(lines) && strings.HasPrefix(lines[i+1], " ")
			if indent == "" && rest != "" && !heading {
				paragraph = strings.TrimLeft(paragraph+" "+rest, " ")
				continue
			}
			end()
			switch {
			case examples:
				fitting = append(fitting, fill(indent, indent+"  ", rest, ` \`, most)...)
			case column > len(indent) && len(line) > column && line[column-1] == ' ':
				fitting = append(fitting, fill(line[:column], strings.Repeat(" ", column), line[column:], "", most)...)
			case columnGap.MatchString(line): // which has no room for columns
				name := strings.TrimRight(columnGap.FindStringSubmatch(line)[1], " ")
				said := strings.TrimLeft(strings.TrimPrefix(line, name), " ")
				fitting = append(append(fitting, name), fill(indent+"  ", indent+"  ", said, "", most)...)
			default:
				fitting = append(fitting, fill(indent, indent+"  ", rest, "", most)...)
			}
		}
		end()
		out = append(out, strings.Join(fitting, "\n"))
	}
	return strings.Join(out, "\n\n")
}

// fill breaks a text into lines, which begin with first and then, and all but the last of which end in end. A word that is too
// long is left whole, and so is what stands in quotes where end says that a shell goes on.
func fill(first, then, text, end string, most int) (lines []string) {
	at, begun := first, false
	for _, word := range spaced(text, end != "") {
		if begun && columns.StringWidth(at+" "+word+end) > most {
			lines = append(lines, at+end)
			at, begun = then, false
		}
		if begun {
			at += " "
		}
		begun = true
		for part := range strings.SplitAfterSeq(word, ",") { // a list is broken if a line can't have all of it
			if end == "" && at != then && columns.StringWidth(then+word) > most && columns.StringWidth(at+part) > most {
				lines = append(lines, at)
				at = then
			}
			at += part
		}
	}
	return append(lines, strings.TrimRight(at, " "))
}

// spaced splits a text at spaces; what stands in quotes of a shell is one word.
func spaced(text string, shell bool) (list []string) {
	var quote rune
	word := strings.Builder{}
	for _, r := range text {
		switch {
		case r == ' ' && quote == 0:
			list = append(list, word.String())
			word.Reset()
			continue
		case shell && quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case r == quote:
			quote = 0
		}
		word.WriteRune(r)
	}
	return append(list, word.String())
}
