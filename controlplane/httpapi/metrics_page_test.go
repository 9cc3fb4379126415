package httpapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
	"github.com/gonfalon-flags/gonfalon/engine/flagset"
)

func TestMetricsPage(t *testing.T) {
	f := open(t, httpapi.Config{Version: "1.2.3", Metrics: prometheus.NewPedanticRegistry()})
	f.enable("x", flagset.Scope{})
	f.want(200, f.do(adminToken, "POST", "/ofrep/v1/evaluate/flags/x", `{}`)) // a counter by label is there once it counts
	f.want(401, f.do("", "GET", "/v1/envs", nil))
	events, _ := listen(t, f.admin, "")
	next(t, events)
	text := string(f.want(200, f.do("", "GET", "/metrics", nil)).body)
	help, rows := map[string]string{}, []string{}
	for line := range strings.Lines(text) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 4)
		switch {
		case len(words) < 4 || !strings.HasPrefix(words[2], "gonfalon_"):
		case words[1] == "HELP":
			help[words[2]] = words[3]
		case words[1] == "TYPE":
			labels := ""
			for sample := range strings.Lines(text) {
				if _, rest, found := strings.Cut(sample, "{"); found && strings.HasPrefix(sample, words[2]) {
					var names []string
					for pair := range strings.SplitSeq(rest[:strings.Index(rest, "}")], ",") {
						if name, _, _ := strings.Cut(pair, "="); name != "le" {
							names = append(names, "`"+name+"`")
						}
					}
					labels = strings.Join(names, ", ")
					break
				}
			}
			rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s |\n", words[2], words[3], labels, help[words[2]]))
		}
	}
	slices.Sort(rows)
	if len(rows) < 20 {
		t.Fatalf("only %d metrics", len(rows))
	}
	httpapi.ComparePage(t, "../../docs/reference/metrics.md", "# Metrics\n\n`GET /metrics` is for Prometheus, and needs no token. The alert rules in [deploy/](../../deploy) are about these. Go's own metrics\n"+
		"and the process's stand beside them. `make golden` writes this page.\n\n| metric | type | labels | |\n|---|---|---|---|\n"+strings.Join(rows, ""))
}
