package docs

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/VictoriaMetrics/metricsql"
	"go.yaml.in/yaml/v3"
)

// TestQueries parses every query of the alert rules and of the board, and checks that the reference of metrics has each metric and
// label that one names.
func TestQueries(t *testing.T) {
	reference, err := os.ReadFile("reference/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| \\w+ \\| (.*?) \\|").FindAllStringSubmatch(string(reference), -1) {
		labels[row[1]] = row[2]
	}
	queries := append(valuesOf(t, "../deploy/alerts.yaml", "expr", yaml.Unmarshal), valuesOf(t, "../deploy/grafana.json", "expr", json.Unmarshal)...)
	for _, query := range queries {
		parsed, err := metricsql.Parse(strings.ReplaceAll(query, "$job", "gonfalon"))
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		metricsql.VisitAll(parsed, func(e metricsql.Expr) {
			metric, is := e.(*metricsql.MetricExpr)
			if !is {
				return
			}
			for _, filters := range metric.LabelFilterss {
				name := filters[0].Value // the parser keeps the metric's name as the first label, __name__
				if base := regexp.MustCompile(`_bucket$`).ReplaceAllString(name, ""); strings.HasPrefix(name, "gonfalon_") {
					has, known := labels[base]
					if !known {
						t.Errorf("%s: there is no metric %s", query, name)
					}
					for _, f := range filters[1:] {
						if f.Label != "job" && !strings.Contains(has, "`"+f.Label+"`") {
							t.Errorf("%s: %s has no label %s", query, name, f.Label)
						}
					}
				}
			}
		})
	}
	guide, err := os.ReadFile("howto/monitoring.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range valuesOf(t, "../deploy/alerts.yaml", "alert", yaml.Unmarshal) {
		if !strings.Contains(string(guide), "| `"+name+"` |") {
			t.Errorf("howto/monitoring.md doesn't say what to do about %s", name)
		}
	}
	if len(queries) < 15 {
		t.Errorf("only %d queries were found", len(queries))
	}
}

// valuesOf returns the texts of every member of a name in a document.
func valuesOf(t *testing.T, path, name string, read func([]byte, any) error) (all []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := read(text, &document); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if text, is := v[name].(string); is {
				all = append(all, text)
			}
			for _, member := range v {
				walk(member)
			}
		case []any:
			for _, element := range v {
				walk(element)
			}
		}
	}
	walk(document)
	return all
}
