package main

import (
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fatih/color"
	"github.com/mattn/go-isatty"
	"github.com/mattn/go-runewidth"
	"golang.org/x/term"
)

// usualWidth is how many columns a terminal has if it doesn't say.
const usualWidth = 80

// isTerminal reports whether what is written is read by a person, as it is written.
func isTerminal(w io.Writer) bool {
	f := fileOf(w)
	return f != nil && isatty.IsTerminal(f.Fd())
}

// width returns how many columns a line may have; 0: any number, since a program reads what isn't a terminal. COLUMNS
// overrides the terminal.
func width(w io.Writer) int {
	if columns, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && columns > 0 {
		return columns
	}
	if !isTerminal(w) {
		return 0
	}
	if columns, _, err := term.GetSize(int(fileOf(w).Fd())); err == nil && columns > 0 {
		return columns
	}
	return usualWidth
}

// coloured reports whether colours are wanted: on a terminal, unless NO_COLOR, CLICOLOR=0 or a dumb terminal say no, and
// elsewhere if CLICOLOR_FORCE says so. Nobody loses what a colour says: a word says it too.
func coloured(w io.Writer) bool {
	force := os.Getenv("CLICOLOR_FORCE")
	switch {
	case os.Getenv("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	}
	return os.Getenv("CLICOLOR") != "0" && os.Getenv("TERM") != "dumb" && isTerminal(w)
}

// meanings are the colours of words that stand alone in a cell: good, in between, and what somebody should look at.
var meanings = map[string]color.Attribute{
	"on": color.FgGreen, "yes": color.FgGreen, "create": color.FgGreen, "pass": color.FgGreen, "current": color.FgGreen, "ok": color.FgGreen,
	"partial": color.FgYellow, "update": color.FgYellow, "behind": color.FgYellow, "stale": color.FgYellow,
	"killed": color.FgRed, "deny": color.FgRed, "delete": color.FgRed, "fail": color.FgRed,
	"off": color.Faint, "no": color.Faint, "—": color.Faint, "never": color.Faint,
}

// painted returns a text in a colour, which is what it means.
func painted(text string, meaning color.Attribute) string {
	c := color.New(meaning)
	c.EnableColor() // whoever asks has looked whether it is wanted
	return c.Sprint(text)
}

// paintedLine colours the sign of a line of a difference.
func paintedLine(w io.Writer, line string) string {
	if !coloured(w) {
		return line
	}
	switch text := strings.TrimLeft(line, " "); {
	case strings.HasPrefix(text, "+ "):
		return painted(line, color.FgGreen)
	case strings.HasPrefix(text, "- "):
		return painted(line, color.FgRed)
	case strings.HasPrefix(text, "~ "):
		return painted(line, color.FgYellow)
	}
	return line
}

// columns are counted by a library, since a rune may take two of them, or none.
var columns = &runewidth.Condition{StrictEmojiNeutral: true}

// gap is what stands between the columns of a table.
const gap = 2

// table writes rows in columns, the header first. On a terminal a row fits a line, and words that mean something have its colour.
func table(w io.Writer, rows ...[]string) error { return tableIn(w, width(w), rows...) }

// tableIn writes a table whose lines have at most so many columns; 0: any number.
func tableIn(w io.Writer, most int, rows ...[]string) error {
	var widths []int
	for i, row := range rows {
		for k, cell := range row {
			if k == len(widths) {
				widths = append(widths, 0)
			}
			rows[i][k] = visible(cell)
			widths[k] = max(widths[k], columns.StringWidth(rows[i][k]))
		}
	}
	if most > 0 {
		widths = fit(widths, rows, most)
	}
	paint := coloured(w)
	var b strings.Builder
	for _, row := range rows {
		line, spaces := "", 0
		for k, cell := range row[:min(len(row), len(widths))] {
			if columns.StringWidth(cell) > widths[k] {
				cell = columns.Truncate(cell, widths[k], "…")
			}
			left := widths[k] - columns.StringWidth(cell)
			if meaning, means := meanings[cell]; means && paint {
				cell = painted(cell, meaning)
			}
			if cell != "" {
				line += strings.Repeat(" ", spaces) + cell
				spaces = 0
			}
			spaces += left + gap
		}
		b.WriteString(line + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// least is how narrow a column may become. Times aren't cut: what is left of one says nothing.
const least = 8

// fit makes columns narrower, the widest first, until a line has at most so many, and leaves out the last ones if that is not
// enough. The most important columns stand first.
func fit(widths []int, rows [][]string, most int) []int {
	floor := make([]int, len(widths))
	for k, n := range widths {
		floor[k] = min(n, least)
		if slices.ContainsFunc(rows, func(row []string) bool { return k < len(row) && isTime(row[k]) }) {
			floor[k] = n
		}
	}
	for len(floor) > 2 && lineWidth(floor) > most {
		floor = floor[:len(floor)-1]
	}
	widths = widths[:len(floor)]
	for lineWidth(widths) > most {
		widest := -1
		for k, n := range widths {
			if n > floor[k] && (widest < 0 || n > widths[widest]) {
				widest = k
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

func isTime(text string) bool {
	_, err := time.Parse(time.RFC3339, text)
	return err == nil
}

// lineWidth is how many columns a line of a table has.
func lineWidth(widths []int) int {
	total := gap * (len(widths) - 1)
	for _, n := range widths {
		total += n
	}
	return total
}

// folded breaks the lines of a text at spaces so that they fit a terminal. A word that is too long is left whole, so that it
// can be copied.
func folded(w io.Writer, text string) string {
	most := width(w)
	if most == 0 {
		return text
	}
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		rest := strings.TrimLeft(line, " ")
		indent := line[:len(line)-len(rest)]
		at := indent
		for i, word := range strings.Split(rest, " ") {
			if i > 0 && columns.StringWidth(at+" "+word) > most {
				out = append(out, at)
				at = indent + "  " + word
				continue
			}
			if i > 0 {
				at += " "
			}
			at += word
		}
		out = append(out, at)
	}
	return strings.Join(out, "\n")
}

// sayFolded prints a line, which it breaks on a terminal that is narrower.
func sayFolded(w io.Writer, line string) error {
	_, err := io.WriteString(w, folded(w, visible(line))+"\n")
	return err
}
