package main

import (
	"fmt"
	"strings"
)

// kinds are the flags' kinds, as the columns have them.
var kinds = []string{"boolean", "percentage", "rule"}

// columns are what a row has, after the name of the host.
var columns = []struct {
	title string
	of    func(*figures) float64
	form  string
}{
	{"boolean ns", func(f *figures) float64 { return f.Decide["boolean"] }, "%.0f"},
	{"percentage", func(f *figures) float64 { return f.Decide["percentage"] }, "%.0f"},
	{"rule", func(f *figures) float64 { return f.Decide["rule"] }, "%.0f"},
	{"prepared: boolean", func(f *figures) float64 { return f.Prepared["boolean"] }, "%.0f"},
	{"percentage", func(f *figures) float64 { return f.Prepared["percentage"] }, "%.0f"},
	{"rule", func(f *figures) float64 { return f.Prepared["rule"] }, "%.0f"},
	{"batch of 100, µs", func(f *figures) float64 { return f.Batch / 1000 }, "%.1f"},
	{"load 10,000, ms", func(f *figures) float64 { return f.Load }, "%.1f"},
	{"start, ms", func(f *figures) float64 { return f.Start }, "%.0f"},
	{"memory, MB", func(f *figures) float64 { return f.Memory }, "%.0f"},
	{"package, KB", func(f *figures) float64 { return f.Package }, "%.0f"},
}

// printHead prints the table's head, in Markdown so that it can stand in a page.
func printHead() {
	head, line := "| host | engine |", "|---|---|"
	for _, c := range columns {
		head, line = head+" "+c.title+" |", line+"---|"
	}
	fmt.Println("each figure, and in brackets how many times the control's: native Go, measured beside it")
	fmt.Println(head)
	fmt.Println(line)
}

// print prints the host's row.
func (r *result) print(name string) {
	cells := []string{name, r.Engine}
	for _, c := range columns {
		cell, own, control := "–", c.of(&r.figures), c.of(&r.Control)
		if own > 0 {
			cell = fmt.Sprintf(c.form, own)
			if control > 0 && name != "go" {
				form := " (%.2g)"
				if own >= 10*control {
					form = " (%.0f)"
				}
				cell += fmt.Sprintf(form, own/control)
			}
		}
		cells = append(cells, cell)
	}
	fmt.Println("| " + strings.Join(cells, " | ") + " |")
}

// lower is the lower of two measurements, figure by figure.
func lower(a, b *figures) figures {
	both := *a
	both.Decide, both.Prepared = map[string]float64{}, map[string]float64{}
	for _, kind := range kinds {
		both.Decide[kind], both.Prepared[kind] = min(a.Decide[kind], b.Decide[kind]), min(a.Prepared[kind], b.Prepared[kind])
	}
	both.Batch, both.Load, both.Start, both.Memory = min(a.Batch, b.Batch), min(a.Load, b.Load), min(a.Start, b.Start), min(a.Memory, b.Memory)
	return both
}
