package httpapi_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/gonfalon-flags/gonfalon/controlplane/httpapi"
)

// TestAlertsNameMetricsThatExist checks deploy/alerts.yaml against /metrics, with each label that it asks for.
func TestAlertsNameMetricsThatExist(t *testing.T) {
	text, err := os.ReadFile("../../deploy/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal(text, &rules); err != nil {
		t.Fatal(err)
	}
	metrics := string(open(t, httpapi.Config{}).do("", "GET", "/metrics", nil).body)
	checked := 0
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			for _, name := range regexp.MustCompile(`gonfalon_\w+(\{[^}]*\})?`).FindAllString(r.Expr, -1) {
				checked++
				if !strings.Contains(metrics, "\n"+strings.TrimSuffix(name, "}")) { // others of its labels may follow
					t.Errorf("%s asks for %s, which /metrics doesn't have", r.Alert, name)
				}
			}
		}
	}
	if checked < 5 {
		t.Errorf("only %d metrics were checked", checked)
	}
}
