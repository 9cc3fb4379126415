package flagset

import (
	"fmt"
	"slices"
	"strings"
)

// nearest suggests which field a misspelt name may mean.
func nearest(name string, fields map[string]field) string {
	best, most := "", 3
	names := make([]string, 0, len(fields))
	for known := range fields {
		names = append(names, known)
	}
	slices.Sort(names)
	for _, known := range names {
		if d := distance(name, known); d < most {
			best, most = known, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "fields are " + strings.Join(names, ", ")
}

// distance returns the Levenshtein distance of two names in bytes. Names longer than any field count as far apart.
func distance(a, b string) int {
	if len(a) > 32 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
