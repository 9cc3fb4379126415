package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	pageFile    = regexp.MustCompile("(?s)<!-- file: (\\S+) -->\n```yaml\n(.*?)```")
	pageBlock   = regexp.MustCompile("(?s)```sh\n(.*?)```")
	pageRelease = regexp.MustCompile(`^helm (?:upgrade --install|upgrade|install) gonfalon deploy/helm (.*)$`)
	pageObject  = regexp.MustCompile(`\b(statefulset|deployment|service|pod)/([a-z]+)`)
)

// TestKubernetesPage renders each release of the page, validates what it renders and each manifest that the page has, and checks that
// kubectl asks only for objects that were rendered or are on the page.
func TestKubernetesPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/howto/kubernetes.md")
	if err != nil {
		t.Fatal(err)
	}
	c, folder := openChart(t), t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var files []string // of manifests
	for _, m := range pageFile.FindAllStringSubmatch(string(text), -1) {
		if path := write(m[1], m[2]); strings.Contains(m[2], "\nkind: ") {
			files = append(files, path)
		}
	}
	releases := 0
	known := map[string]bool{}
	for _, block := range pageBlock.FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(strings.ReplaceAll(block[1], "\\\n", "")) {
			line = strings.TrimSpace(line)
			if m := pageRelease.FindStringSubmatch(line); m != nil {
				releases++
				args := strings.Fields(strings.ReplaceAll(m[1], "--create-namespace", ""))
				for i, arg := range args {
					if arg == "--values" {
						args[i+1] = filepath.Join(folder, args[i+1])
					}
				}
				rendered := c.render(t, args...)
				if !strings.Contains(rendered, `image: "registry.example.com/gonfalon:0.2.0"`) {
					t.Errorf("%s: the image isn't the page's", line)
				}
				files = append(files, write("rendered.yaml", rendered))
				if problems, _ := validate(t, files...); problems != "" {
					t.Errorf("%s: %s", line, problems)
				}
			} else if strings.HasPrefix(line, "helm install") || strings.HasPrefix(line, "helm upgrade") {
				t.Errorf("not understood: %s", line)
			}
			if strings.Contains(line, "deploy/kubernetes/single.yaml") {
				files = append(files, "kubernetes/single.yaml")
			}
			if strings.HasSuffix(line, "-k deploy/kubernetes") {
				files = append(files, "kubernetes/gonfalon.yaml")
			}
			for _, file := range files {
				for name := range objects(t, file) {
					known[strings.ToLower(name)] = true
				}
			}
			for _, name := range pageObject.FindAllString(line, -1) {
				if !known[name] {
					t.Errorf("%s: there is no %s", line, name)
				}
			}
		}
	}
	if releases < 5 {
		t.Errorf("only %d releases were found", releases)
	}
}
